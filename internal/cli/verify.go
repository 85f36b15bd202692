package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"zhixin/internal/audit"
	"zhixin/internal/canon"
	"zhixin/internal/db"
	"zhixin/internal/fault"
	"zhixin/internal/sanction"
)

type verifyCmd struct {
	Receipt verifyReceiptCmd `cmd:"" help:"A receipt of the gate."`
	Log     verifyLogCmd     `cmd:"" help:"A saved log, or the log of a node."`
}

type verifyReceiptCmd struct {
	File  string `arg:"" help:"The gate's answer as saved, or its receipt alone." type:"existingfile"`
	Proof string `help:"For an answer to receipt=async: what /log/proof?leaf=…&index=… returned, as saved." type:"existingfile"`
	Key   string `help:"The log's public key, as the city publishes it; without it the key named in the receipt." placeholder:"VKEY"`
}

// Run checks that the answer in the receipt is in the block that the key signed.
func (c *verifyReceiptCmd) Run(sh *shell) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("cli: verify: %w", err)
	}
	if c.Proof != "" {
		if raw, err = c.complete(raw); err != nil {
			return err
		}
	}
	item, fingerprint, err := sanction.Verify(raw, c.Key)
	if err != nil {
		return err
	}
	fmt.Fprintf(sh.out, "the receipt holds; signed by the key %s\n%s\n", fingerprint, item)
	return nil
}

// complete joins an answer that was sent at once with its proof.
func (c *verifyReceiptCmd) complete(answer []byte) ([]byte, error) {
	raw, err := os.ReadFile(c.Proof)
	if err != nil {
		return nil, fmt.Errorf("cli: verify: %w", err)
	}
	var p sanction.Proof
	if err := canon.Decode(bytes.TrimSpace(raw), &p); err != nil {
		return nil, fault.New(fault.Invalid, "cli.bad_proof", c.Proof)
	}
	return sanction.Complete(answer, p)
}

type verifyLogCmd struct {
	Where string `arg:"" help:"File saved by 'zhixin log', or the http:// address of a node, with or without /log."`
	Since string `help:"A checkpoint of this log that was kept from before (from /log/checkpoint, or an older saved log): the log must begin with what it signed." type:"existingfile" placeholder:"FILE"`
	Key   string `help:"The log's public key; without it the key named in the file." placeholder:"VKEY"`
}

// Run computes the root of all leaves again and compares it with the signed checkpoint, and with one that was kept.
func (c *verifyLogCmd) Run(sh *shell) error {
	since, err := c.kept()
	if err != nil {
		return err
	}
	sum, err := c.check(sh.ctx, since)
	if err != nil {
		return err
	}
	fmt.Fprintf(sh.out, "the log %s holds: %d leaves, root %s, signed by the key %s\n", sum.Origin, sum.Size, sum.Root, sum.Fingerprint)
	if since != nil {
		fmt.Fprintf(sh.out, "it begins with all that the kept checkpoint signed\n")
	}
	return nil
}

// kept returns the checkpoint that was kept, nil where none is given.
func (c *verifyLogCmd) kept() ([]byte, error) {
	if c.Since == "" {
		return nil, nil
	}
	f, err := os.Open(c.Since)
	if err != nil {
		return nil, fmt.Errorf("cli: verify: %w", err)
	}
	defer func() { _ = f.Close() }()
	return audit.SavedCheckpoint(f)
}

func (c *verifyLogCmd) check(ctx context.Context, since []byte) (audit.Summary, error) {
	if strings.HasPrefix(c.Where, "http://") || strings.HasPrefix(c.Where, "https://") {
		return audit.VerifyRemote(fetch(ctx, c.Where), c.Key, since)
	}
	f, err := os.Open(c.Where)
	if err != nil {
		return audit.Summary{}, fmt.Errorf("cli: verify: %w", err)
	}
	defer func() { _ = f.Close() }()
	return audit.VerifyLog(bufio.NewReaderSize(f, 1<<20), c.Key, since)
}

// fetch returns a reader of a node's published log, until ctx ends.
func fetch(ctx context.Context, node string) func(path string) ([]byte, error) {
	client := http.Client{Timeout: 30 * time.Second}
	node = strings.TrimSuffix(strings.TrimRight(node, "/"), "/log")
	return func(path string) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, node+"/log/"+path, nil)
		if err != nil {
			return nil, fmt.Errorf("cli: fetch: %w", err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("cli: fetch: %w", err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("cli: fetch %s: %s", path, resp.Status)
		}
		return io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	}
}

type logCmd struct{ place }

// Run writes the log's public part to stdout: what 'verify log' reads.
func (c *logCmd) Run(sh *shell) error {
	return c.with(sh, func(n *node) error {
		if err := n.settle(sh.ctx); err != nil {
			return err
		}
		w := bufio.NewWriter(sh.out)
		err := n.db.View(sh.ctx, func(q db.Q) error { return audit.Export(sh.ctx, q, w) })
		return errors.Join(err, w.Flush())
	})
}
