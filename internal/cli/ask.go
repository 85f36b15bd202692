package cli

import (
	"cmp"
	"encoding/json"
	"fmt"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/sanction"
	"zhixin/internal/standing"
)

type standingCmd struct {
	place
	USCC  string      `arg:"" help:"Unified social credit identifier."`
	On    credit.Date `help:"For this day instead of today." placeholder:"DATE"`
	Known int64       `default:"-1" help:"As known when the log had this many leaves; -1 is now."`
	JSON  bool        `help:"As JSON."`
}

// Run prints the standing with its reasons.
func (c *standingCmd) Run(sh *shell) error {
	return c.with(sh, func(n *node) error {
		on := cmp.Or(c.On, credit.DateOf(n.now()))
		var s standing.Standing
		if err := n.db.View(sh.ctx, func(q db.Q) (err error) {
			s, err = standing.Of(sh.ctx, q, c.USCC, on, c.Known)
			return err
		}); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(sh, s)
		}
		fmt.Fprintf(sh.out, "%s  %s  %s\n", s.USCC, s.Name, s.On)
		for _, line := range s.Explain(sh.lang, sh.tag) {
			fmt.Fprintf(sh.out, "  %s\n", line)
		}
		return nil
	})
}

type gateCmd struct {
	place
	USCC   string      `arg:"" help:"Unified social credit identifier."`
	Matter string      `required:"" enum:"procurement,tendering,land,honour,credit,production-licence" help:"The counter's matter."`
	Ref    string      `help:"Business number at the counter."`
	On     credit.Date `help:"For this day to come instead of today; of the past 'zhixin standing --on' tells." placeholder:"DATE"`
}

// Run asks the gate as a counter would, with a receipt, and prints the answer.
func (c *gateCmd) Run(sh *shell) error {
	return c.with(sh, func(n *node) error {
		receipts, err := n.receipts(sh.ctx)
		if err != nil {
			return err
		}
		defer receipts.Close()
		gate := n.gate(receipts)
		if err := gate.Load(sh.ctx); err != nil {
			return err
		}
		body, err := gate.Ask(sh.ctx, credit.System("cli.gate"), c.USCC, credit.Matter(c.Matter), c.On, c.Ref, sanction.Durable)
		if err != nil {
			return err
		}
		fmt.Fprintf(sh.out, "%s\n", body)
		return nil
	})
}

func printJSON(sh *shell, v any) error {
	enc := json.NewEncoder(sh.out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("cli: %w", err)
	}
	return nil
}
