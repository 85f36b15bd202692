package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/duty"
	"zhixin/internal/record"
)

// senders returns the departments that fine, in order.
func senders() []string {
	var out []string
	for _, o := range offences {
		if !slices.Contains(out, o.department) {
			out = append(out, o.department)
		}
	}
	slices.Sort(out)
	return out
}

// duties says what each department owes from day on: those that fine their penalties, the regulator the registry and the annual
// reports, too.
func duties(day credit.Date) []duty.Duty {
	out := []duty.Duty{
		{Department: "SCJG", Kind: record.EnterpriseKind, Source: "340800-SCJG-0001", Cycle: duty.Quarterly, Days: 15, Sharing: duty.Unconditional, From: day},
		{Department: "SCJG", Kind: record.AnnualReportKind, Source: "340800-SCJG-0002", Cycle: duty.Yearly, Days: 180, Sharing: duty.Unconditional, From: day},
	}
	for i, department := range senders() {
		d := duty.Duty{Department: department, Kind: record.PenaltyKind, Source: "340800-" + department + "-0010", Cycle: duty.Decisions, Days: 7,
			Sharing: duty.Unconditional, From: day}
		if i%4 == 3 {
			d.Sharing, d.Purpose, d.Approval = duty.Conditional, "信用监管", fmt.Sprintf("宜数资〔2018〕%d号", i+1)
		}
		out = append(out, d)
	}
	return out
}

// answerFor lets some departments say in the last autumn that they have nothing to send, one by one on the days before today, and the
// auditor enters what he found in the files of one.
func (b *builder) answerFor(ctx context.Context, day credit.Date) error {
	if day.Year() != b.Now.Year() {
		return nil
	}
	at := instant(day, 15, 0)
	return b.d.Tx(ctx, func(q db.Q) error {
		for i, department := range senders() {
			if i%3 == 2 {
				continue // silent, and late
			}
			if err := duty.ReportNil(ctx, q, b.reporter(department), at.Add(time.Duration(i)*time.Minute), department, record.PenaltyKind); err != nil {
				return fmt.Errorf("nil report of %s: %w", department, err)
			}
		}
		_, err := duty.Find(ctx, q, b.people["audit"], at.Add(time.Hour), duty.Finding{Department: "STHJ", Kind: record.PenaltyKind, Day: day, Found: 40,
			Missing: 1, Note: "抽查行政处罚案卷，1件未报送"})
		return err
	})
}
