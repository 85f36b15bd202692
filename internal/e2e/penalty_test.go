package e2e_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// The columns of a penalty file as departments send them.
const (
	nameColumn = iota
	codeColumn
	numberColumn
	kindsColumn
	licenceColumn
	decidedColumn
)

var penaltyColumns = []string{"行政相对人名称", "行政相对人代码_1(统一社会信用代码)", "行政处罚决定书文号", "处罚类别", "暂扣或吊销证照名称及编号",
	"处罚决定日期", "行政相对人类别", "法定代表人", "违法行为类型", "违法事实", "处罚依据", "处罚内容", "罚款金额(万元)", "送达日期", "处罚机关"}

const revoking = "宜市监处罚〔2026〕90001号"

// penaltyRow is one decision against the party; what is not said is as usual.
func penaltyRow(party enterprise, number, kinds, licence, decided string) []string {
	fine, content := "2.5", "罚款25000元"
	if licence != "" {
		content += "，吊销" + licence
	}
	return []string{party.Name, party.USCC, number, kinds, licence, decided, "法人及非法人组织", "王小明", "产品质量违法行为",
		"生产不符合保障人体健康和人身、财产安全的国家标准的产品", "《中华人民共和国产品质量法》第四十九条", content, fine, "2026-09-18", "安庆市市场监督管理局"}
}

func sheet(rows ...[]string) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff") // as Excel saves it
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.WriteAll(rows)
	return b.Bytes()
}

// enterprise is the public view of one, as far as the stories look at it.
type enterprise struct {
	USCC, Name, State string
	Lists             []struct{ Detail, Since string }
	Penalties         []struct {
		DecisionNo string `json:"decision_no"`
		Ends       string
	}
	Measures []json.RawMessage
}

// blameless finds an enterprise of which nothing adverse is known.
func blameless(c *city) enterprise {
	c.t.Helper()
	found := api[struct{ Items []enterprise }](c, "/api/v1/enterprises?limit=50&division=340800&q="+url.QueryEscape("有限公司"))
	for _, hit := range found.Items {
		e := api[enterprise](c, "/api/v1/enterprises/"+hit.USCC)
		if strings.HasPrefix(e.USCC, "91") && e.State == "active" && len(e.Lists)+len(e.Penalties)+len(e.Measures) == 0 {
			return e
		}
	}
	c.t.Fatalf("no blameless enterprise among %d", len(found.Items))
	return enterprise{}
}

// A penalty that revokes a licence is sent in by a clerk and stops its party at the counter of procurement, for three years,
// by the articles; the counter's receipt proves it to anybody, without us.
func penaltyStopsABid(t *testing.T, s stage) {
	party := blameless(s.city)
	clerk := s.employee(t, s.city, "chenjing")
	clerk.look("desk-reporter")
	clerk.follow(".zx-nav a[href='/work/batches']")
	clerk.look("batches")

	bad := party
	bad.USCC = party.USCC[:17] + otherCheck(party.USCC)
	file := save(t, "行政处罚.csv", sheet(penaltyColumns,
		penaltyRow(party, revoking, "罚款;吊销许可证件", "全国工业产品生产许可证 XK16-204-90001", "2026-09-15"),
		penaltyRow(bad, "宜市监处罚〔2026〕90002号", "罚款", "", "2026-09-15"),
		penaltyRow(party, "宜市监处罚〔2026〕90003号", "罚款", "", "2026-13-45"),
		penaltyRow(party, "宜市监处罚〔2026〕90004号", "打板子", "", "2026-09-15")))
	shown(clerk, file)
	clerk.look("preview")
	clerk.reads("共 4 行", "以逗号分隔", "将退回 3 行", "2026-13-45", "行政相对人名称", "CF_XDR_MC")
	clerk.open("/work")
	clerk.look("desk-waiting")
	clerk.follow("main a[href^='/work/batches/']")
	confirm(clerk)
	clerk.look("batch")
	counted(clerk, map[string]string{"新入库": "1", "更新原有": "0", "与原有相同": "0", "退回": "3", "未匹配到主体": "0"})
	clerk.reads("共 4 行", "第 3 行", "第 4 行", "第 5 行") // without having been loaded again
	clerk.open(clerk.at())
	clerk.look("batch-again")

	mended := mend(clerk, party)
	clerk.open("/work/batches")
	clerk.scripts(false) // and all of it goes without scripts too
	again := save(t, "行政处罚（改）.xlsx", mended)
	upload(clerk, again)
	clerk.scripts(true)
	counted(clerk, map[string]string{"新入库": "3", "更新原有": "0", "与原有相同": "0", "退回": "0", "未匹配到主体": "0"})
	clerk.reads("没有问题行")
	clerk.look("batch-mended")
	clerk.open("/work/batches")
	shown(clerk, again)
	clerk.reads("这个文件以前报送过", "核验完成")
	pasted(clerk, party)

	publicKnows(t, s, party)
	receipt := counterIsTold(t, s, party)
	receiptHolds(t, s, party, receipt)
}

// otherCheck returns a check character that the code does not have.
func otherCheck(code string) string {
	if strings.HasSuffix(code, "1") {
		return "2"
	}
	return "1"
}

// shown sends a file from the page of uploads, which leads to how it was read.
func shown(p *person, file string) {
	p.t.Helper()
	send(p, "penalty", file)
}

func send(p *person, kind, file string) {
	p.t.Helper()
	p.choose("#kind", kind)
	p.do("choose the file", setFile("#file", file))
	p.click("form[action='/work/batches'] button")
	p.awaits("the upload leads to its batch", `location.pathname.startsWith("/work/batches/") && document.querySelector("#progress") !== null`)
}

// confirm has the file of the page taken in and watches it being checked.
func confirm(p *person) {
	p.t.Helper()
	p.follow("form[action$='/confirm'] button")
	p.awaits("the batch is checked", `document.querySelector("#progress dl.zx-figures") !== null && document.querySelector("#progress progress") === null`)
	if got := p.text("#progress .zx-badge"); !strings.Contains(got, "核验完成") {
		p.fail("the batch ended as %q", got)
	}
}

func upload(p *person, file string) {
	p.t.Helper()
	shown(p, file)
	confirm(p)
}

// pasted pastes a table as Excel copies it, mends a cell of the grid, takes a row out, and leaves the file after all. Then once
// more without scripts.
func pasted(p *person, party enterprise) {
	p.t.Helper()
	bad := penaltyRow(party, "宜市监处罚〔2026〕90005号", "罚款", "", "2026年9月31日")
	bad[11] = "\"罚款25000元，\n限期\t缴纳\"" // two lines and a tab in one cell
	text := strings.Join([]string{strings.Join(penaltyColumns, "\t"), strings.Join(bad, "\t"),
		strings.Join(penaltyRow(party, "宜市监处罚〔2026〕90006号", "罚款", "", "2026-09-15"), "\t")}, "\r\n")
	raw, err := json.Marshal(text)
	if err != nil {
		p.t.Fatal(err)
	}
	put := func() {
		p.choose("#paste-kind", "penalty")
		p.do("paste", evaluateNothing(`{ const t = document.querySelector("#pasted"); t.value = `+string(raw)+`; t.dispatchEvent(new Event("change")); }`))
	}
	p.open("/work/batches")
	put()
	p.awaits("the text is a grid", `document.querySelectorAll(".zx-grid tbody tr").length === 2`)
	p.look("grid")
	if got := sees[string](p, `document.querySelector(".zx-grid tbody tr").cells[11].firstChild.value`); got != "罚款25000元，\n限期\t缴纳" {
		p.t.Errorf("the cell of two lines holds %q", got)
	}
	p.do("mend the day", evaluateNothing(`document.querySelector(".zx-grid tbody tr").cells[5].firstChild.value = "2026年9月15日"`))
	p.click(".zx-grid tbody tr:last-child button")
	p.click("[data-grid-add]")
	p.follow("form[action='/work/batches/paste'] .btn-primary")
	p.reads("粘贴的表格.tsv", "共 1 行", "读作 2026-09-15", "可接收 1 行", "以制表符分隔")
	p.look("preview-pasted")
	p.follow("form[action$='/discard'] button")
	p.reads("未接收", "任何内容都没有入库")
	p.look("discarded")

	p.open("/work/batches")
	p.scripts(false)
	p.open("/work/batches")
	put()
	p.follow("form[action='/work/batches/paste'] .btn-primary")
	p.scripts(true)
	p.reads("共 2 行", "将退回 1 行", "2026年9月31日")
	p.follow("form[action$='/discard'] button")
}

// counted compares the figures of a batch, which have to add up.
func counted(p *person, want map[string]string) {
	p.t.Helper()
	names, counts := p.texts("#progress .zx-figures dt"), p.texts("#progress .zx-figures dd")
	if len(names) != len(want) {
		p.fail("figures %v", names)
	}
	for i, name := range names {
		if counts[i] != want[name] {
			p.t.Errorf("%s: %s, want %s", name, counts[i], want[name])
		}
	}
}

// mend downloads the workbook of problem rows, mends the cells as it says, and returns the file as it is saved.
func mend(p *person, party enterprise) []byte {
	p.t.Helper()
	name, raw := p.downloads("a[href$='/problems.xlsx']")
	if !strings.HasPrefix(name, "problems-") || !strings.HasSuffix(name, ".xlsx") {
		p.t.Errorf("the problems are called %q", name)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	const ours, sheet = 4, "须改"
	rows, err := f.GetRows(sheet)
	if err != nil {
		p.t.Fatal(err)
	}
	top := slices.IndexFunc(rows, func(r []string) bool { return len(r) > ours && slices.Equal(r[ours:], penaltyColumns) })
	if top < 0 || len(rows) != top+4 {
		p.t.Fatalf("the problems file: %q", rows)
	}
	for i, cell := range []struct {
		column int
		value  string
	}{{codeColumn, party.USCC}, {decidedColumn, "2026-09-15"}, {kindsColumn, "罚款"}} {
		if said := rows[top+1+i][:ours-1]; slices.Contains(said, "") {
			p.t.Errorf("a problem without words: %q", said)
		}
		at, err := excelize.CoordinatesToCellName(ours+cell.column+1, top+2+i)
		if err == nil {
			err = f.SetCellStr(sheet, at, cell.value)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	mended, err := f.WriteToBuffer()
	if err != nil {
		p.t.Fatal(err)
	}
	return mended.Bytes()
}

// publicKnows waits until the public page says what has become of the enterprise.
func publicKnows(t *testing.T, s stage, party enterprise) {
	t.Helper()
	within(t, "the penalty restricts its party", func() bool {
		return len(api[enterprise](s.city, "/api/v1/enterprises/"+party.USCC).Measures) > 0
	})
	citizen := s.visitor(t, s.city)
	citizen.open("/e/" + party.USCC)
	citizen.look("enterprise-barred")
	citizen.reads(party.Name, revoking, "吊销许可证件", "有正在生效的法定限制", "第二十二条", "第十九条")
	shown := citizen.text("#penalties")
	if !strings.Contains(shown, "公示至") {
		t.Errorf("the penalty says not until when it is shown: %s", shown)
	}
	if got := citizen.texts("#penalties li > .zx-row"); len(got) != 4 {
		t.Errorf("%d penalties are shown, want 4: %q", len(got), got)
	}
}

// counterIsTold asks the gate at the counter and returns the receipt.
func counterIsTold(t *testing.T, s stage, party enterprise) []byte {
	t.Helper()
	counter := s.employee(t, s.city, "zhoufang")
	counter.look("desk-counter")
	counter.follow(".zx-nav a[href='/work/gate']")
	counter.look("gate")
	counter.fill("#who", party.Name)
	counter.choose("#matter", "procurement")
	counter.fill("#ref", "AQCG-2026-0815")
	counter.follow("main form button")
	counter.look("answer")
	if got := counter.text(".zx-verdict .zx-word"); !strings.Contains(got, "禁入") {
		counter.fail("the gate says %q", got)
	}
	counter.reads(party.USCC, "政府采购法", "第二十二条", "政府采购法实施条例", "第十九条", revoking, "AQCG-2026-0815", "安庆市市场监督管理局",
		"2026-09-18 起，至 2029-09-16 前")
	name, receipt := counter.downloads("form[action='/work/gate/receipt'] button")
	if name != "receipt-2026-10-12.json" {
		t.Errorf("the receipt is called %q", name)
	}
	return receipt
}

// receiptHolds verifies the receipt while the node is down, and what has one byte changed not.
func receiptHolds(t *testing.T, s stage, party enterprise, receipt []byte) {
	t.Helper()
	key := strings.TrimSpace(string(s.fetch("/log/key")))
	citizen := s.visitor(t, s.city)
	citizen.open("/verify")
	citizen.look("verify")
	citizen.do("choose the receipt", setFile("#receipt-file", save(t, "receipt.json", receipt)))
	citizen.awaits("the receipt stands in the field", `document.querySelector("#receipt").value !== ""`)
	citizen.follow("form[action='/verify'] button")
	citizen.reads("回执真实，内容未被改动", party.Name, "禁入")
	citizen.look("verify-good")

	s.stop()
	defer s.serve()
	good := save(t, "receipt.json", receipt)
	for _, args := range [][]string{{"verify", "receipt", good}, {"verify", "receipt", "--key", key, good}} {
		if got := s.run(0, args...); !strings.Contains(got, party.USCC) || !strings.Contains(got, `"verdict":"bar"`) {
			t.Errorf("the receipt proves %s", got)
		}
	}
	for _, at := range []int{0, len(receipt) / 5, len(receipt) / 3, len(receipt) / 2, len(receipt) * 4 / 5, len(receipt) - 2} {
		changed := slices.Clone(receipt)
		changed[at] ^= 1
		s.run(1, "verify", "receipt", "--key", key, save(t, "changed.json", changed))
	}
}
