package demo

import (
	"math/rand/v2"
	"slices"
	"time"

	"zhixin/internal/credit"
)

// Sample returns a registry file and a penalty file of SCJG with about as many rows as asked for, as they arrive in a demo:
// for tests and benchmarks that need files, not a city.
func Sample(seed uint64, enterprises, penalties int) (registryCSV, penaltyCSV []byte) {
	now := credit.NewDate(2026, time.October, 12)
	d := dice{rand.New(rand.NewPCG(seed, 1))}
	firms := city(d, enterprises, now)
	who := authority{name: "安庆市市场监督管理局", uscc: "11340800003X00081J"}
	ours := slices.DeleteFunc(slices.Clone(offences), func(o offence) bool { return o.department != "SCJG" })
	rows := [][]string{penaltyHead}
	for n := range penalties {
		f := &firms[d.IntN(len(firms))]
		rows = append(rows, d.penalty(f, f, ours[d.IntN(len(ours))], n+1, d.day(credit.NewDate(2026, time.January, 5), now-3), who))
	}
	return registry(firms, 0, now).body, sheet(rows, false)
}
