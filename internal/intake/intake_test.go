package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/intake"
	"zhixin/internal/org"
	"zhixin/internal/testcity"
)

var (
	ctx      = context.Background()
	noon     = time.Date(2026, 10, 12, 4, 0, 0, 0, time.UTC)
	everyone = org.Scope{All: true}
	clerk    = org.Actor{User: "u1", Department: "SCJG", Role: credit.Reporter}
)

func clock() time.Time { return noon }

// uscc returns the n-th of our made-up codes.
func uscc(n int) string { return code("91340800", fmt.Sprintf("MA%06d", n)) }

// authority is the made-up code of the deciding authority, the department that sends.
var authority = func() string {
	all, err := org.FirstCity()
	if err != nil {
		panic(err)
	}
	return all[0].USCC
}()

// code puts a code together from its first eight characters and eight of the organisation code.
func code(first, org string) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum := 0
	for i, r := range org {
		value := strings.IndexRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", r)
		sum += value * [8]int{3, 7, 9, 10, 5, 8, 4, 2}[i]
	}
	body := first + org + string("0123456789X0"[11-sum%11])
	if sum%11 == 0 {
		body = first + org + "0"
	}
	sum = 0
	for i, r := range body {
		sum += strings.IndexRune(alphabet, r) * [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}[i]
	}
	return body + string(alphabet[(31-sum%31)%31])
}

// file writes rows as CSV.
func file(rows [][]string) []byte {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		panic(err)
	}
	return b.Bytes()
}

var registryHead = []string{"统一社会信用代码", "企业名称", "企业类型", "法定代表人", "成立日期", "登记机关", "住所", "登记状态"}

// registry returns a file of the made-up enterprises from to upto.
func registry(from, upto int) []byte {
	rows := [][]string{registryHead}
	for n := from; n < upto; n++ {
		rows = append(rows, []string{uscc(n), firm(uscc(n), n), "有限责任公司", "张三", "2015-03-05", "SCJG", "人民路1号", "存续"})
	}
	return file(rows)
}

var penaltyHead = []string{"行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)", "法定代表人", "行政处罚决定书文号", "违法行为类型", "违法事实",
	"处罚依据", "处罚类别", "处罚内容", "罚款金额(万元)", "没收违法所得、没收非法财物的金额(万元)", "处罚决定日期", "处罚有效期", "处罚机关", "处罚机关统一社会信用代码",
	"数据来源单位", "数据来源单位统一社会信用代码", "自然人证件类型", "自然人证件号码"}

// firm returns the name that the made-up enterprise of a code is registered by; of a code that is none, that of the n-th.
func firm(code string, n int) string {
	if len(code) == 18 && strings.HasPrefix(code, "91340800MA") {
		if of, err := strconv.Atoi(code[10:16]); err == nil {
			n = of
		}
	}
	return fmt.Sprintf("安庆市第%d贸易有限公司", n)
}

// penalty returns the row of a made-up decision.
func penalty(n int, code string) []string {
	return []string{firm(code, n), "法人及非法人组织", code, "张三", fmt.Sprintf("宜市监罚〔2026〕%d号", n), "虚假宣传",
		"发布虚假广告", "《中华人民共和国广告法》第五十五条第一款", "罚款", "罚款3000元", "0.3", "", "2026-03-05", "2099-12-31", "安庆市市场监督管理局",
		authority, "安庆市市场监督管理局", authority, "", ""}
}

// citizen is the made-up number of a person.
const citizen = "340803199001011230"

// person returns the row of a decision about a person, whose kind is written as the sender writes it.
func person(n int, kind string) []string {
	row := penalty(n, "")
	row[0], row[1], row[3], row[18], row[19] = "李四", kind, "", "身份证", citizen
	return row
}

// found puts the departments in, once.
func found(t testing.TB, d *db.DB) {
	t.Helper()
	all, err := org.FirstCity()
	if err == nil && count(t, d, `SELECT COUNT(*) FROM org_department`) == 0 {
		err = d.Tx(ctx, func(q db.Q) error {
			for _, one := range all {
				if err := org.PutDepartment(ctx, q, credit.System("test"), noon, one); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// take sends a file and sees it through.
func take(t testing.TB, d *db.DB, kind string, body []byte) intake.Batch {
	t.Helper()
	b := receive(t, d, kind, body)
	if err := intake.Check(ctx, d, clock, b.ID); err != nil {
		t.Fatal(err)
	}
	return get(t, d, b.ID)
}

func receive(t testing.TB, d *db.DB, kind string, body []byte) intake.Batch {
	t.Helper()
	found(t, d)
	b, err := intake.Receive(ctx, d, clerk, noon, intake.Upload{Kind: kind, Department: "SCJG", Name: "文件.csv", Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func get(t testing.TB, d *db.DB, id string) (b intake.Batch) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) (err error) {
		b, err = intake.Get(ctx, q, everyone, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// count returns a number that a query finds.
func count(t testing.TB, d *db.DB, query string) (n int) {
	t.Helper()
	err := d.View(ctx, func(q db.Q) error { return q.QueryRowContext(ctx, query).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryRowIsAccountedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := take(t, d, "enterprise", registry(0, 450))
		if b.State != intake.Done || b.Counts != (intake.Counts{Accepted: 450}) || b.Total != 450 {
			t.Fatalf("registry: %+v %v", b, b.Failure())
		}
		rows := [][]string{penaltyHead}
		for n := range 430 {
			rows = append(rows, penalty(n, uscc(n)))
		}
		rows = append(rows, penalty(5, uscc(5)), penalty(900, uscc(900)), penalty(901, "913408******000901"), penalty(902, uscc(902)[:17]+"O"))
		changed := penalty(6, uscc(6))
		changed[9] = "罚款3000元,限期缴纳"
		rows = append(rows, changed, person(903, "自然人"))
		b = take(t, d, "penalty", file(rows))
		want := intake.Counts{Accepted: 430, Duplicate: 1, Superseded: 1, Rejected: 1, Unmatched: 3}
		if b.State != intake.Done || b.Counts != want || b.Received != 436 || b.Total != 436 {
			t.Errorf("penalties: %+v %v", b, b.Failure())
		}
		if n := count(t, d, `SELECT COUNT(*) FROM record_record WHERE kind = 'penalty'`); n != 431 {
			t.Errorf("%d records, want 431", n)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM audit_leaf WHERE kind = 'record.accepted'`); n != 9+9 {
			t.Errorf("%d leaves of blocks of 50 rows, want 9 of each file", n)
		}
	})
}

// While a dirty file is checked, and whenever somebody looks, every row that was dealt with is accounted for.
func TestEveryRowIsAccountedForAtEveryMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		take(t, d, "enterprise", registry(0, 300))
		rows := [][]string{penaltyHead}
		for n := range 2000 {
			row := penalty(n, uscc(n%300))
			switch n % 17 {
			case 3:
				row = penalty(n-1, uscc((n-1)%300)) // a duplicate
			case 5:
				row[12] = "2026年13月41日"
			case 7:
				row[2] = uscc(900 + n)
			case 11:
				row = penalty(n-2, uscc((n-2)%300))
				row[9] = "罚款9000元" // supersedes
			case 13:
				row = person(n, "自然人")
			}
			rows = append(rows, row)
		}
		b := receive(t, d, "penalty", file(rows))
		ended := make(chan error, 1)
		go func() { ended <- intake.Check(ctx, d, clock, b.ID) }()
		looks := map[int]bool{}
		for running := true; running; {
			select {
			case err := <-ended:
				if running = false; err != nil {
					t.Fatal(err)
				}
			default:
			}
			looks[testcity.Accounted(t, d)] = true
		}
		if len(looks) < 5 {
			t.Errorf("the file was looked at in %d places only", len(looks))
		}
		got := get(t, d, b.ID)
		if got.Total != 2000 || min(got.Accepted, got.Duplicate, got.Superseded, got.Rejected, got.Unmatched) < 50 {
			t.Errorf("the file is not dirty enough: %+v", got.Counts)
		}
	})
}

// TestLongFileIsTakenAtSpeed says how fast; ZHIXIN_ROWS=20000 makes the file long enough for the number to mean something.
func TestLongFileIsTakenAtSpeed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("ZHIXIN_ROWS"))
	if err != nil {
		n = 2000
	}
	firms := n / 4
	rows := [][]string{penaltyHead}
	for i := range n {
		rows = append(rows, penalty(i, uscc(i%firms)))
	}
	body := file(rows)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Now()
		if got := take(t, d, "enterprise", registry(0, firms)); got.Accepted != firms {
			t.Fatalf("%+v %v", got, got.Failure())
		}
		t.Logf("registry: %.0f rows/s", float64(firms)/time.Since(start).Seconds())
		start = time.Now()
		if got := take(t, d, "penalty", body); got.Accepted != n {
			t.Fatalf("%+v %v", got, got.Failure())
		}
		t.Logf("penalties: %.0f rows/s", float64(n)/time.Since(start).Seconds())
	})
}
