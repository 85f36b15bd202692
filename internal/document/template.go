package document

import (
	"fmt"
	"strconv"

	"zhixin/internal/credit"
	"zhixin/internal/fault"
)

// template is one kind of paper: the word in its number and its wording.
type template struct {
	word  string
	write func(d Draft, o office) (title string, blocks []Block, err error)
}

func templateOf(name string) (template, bool) {
	switch name {
	case AbnormalAnnouncement:
		return template{"异告", writeAnnouncement}, true
	case AbnormalListing:
		return template{"异入", writeListing}, true
	case AbnormalRemoval:
		return template{"异出", writeRemoval}, true
	case AbnormalRescission:
		return template{"异更", writeRescission}, true
	}
	return template{}, false
}

// Word returns the business word in the numbers of a template, 异入 for listings.
func Word(name string) (string, bool) {
	t, ok := templateOf(name)
	return t.word, ok
}

// write makes the body of a paper. The number is put in by the caller, who took it.
func write(d Draft, o office, number string) (string, Body, error) {
	t, ok := templateOf(d.Template)
	if !ok {
		return "", Body{}, fmt.Errorf("document: no template %q", d.Template)
	}
	if len(d.Basis) == 0 {
		return "", Body{}, fault.New(fault.Invalid, "document.no_basis")
	}
	title, middle, err := t.write(d, o)
	if err != nil {
		return "", Body{}, err
	}
	blocks := append([]Block{{Role: Head, Text: o.Name}, {Role: Title, Text: title}, {Role: Number, Text: number}}, middle...)
	blocks = append(blocks, Block{Role: Signature, Text: o.Name}, Block{Role: DayLine, Text: spell(d.Day)})
	if len(d.Annex) > 0 {
		blocks = append(blocks, Block{Role: Annex, Text: "附件", Rows: d.Annex})
	}
	return title, Body{Blocks: blocks}, nil
}

// need returns fields that must be there, in the order of names.
func (d Draft) need(names ...string) ([]string, error) {
	out := make([]string, len(names))
	for i, name := range names {
		if out[i] = d.Fields[name]; out[i] == "" {
			return nil, fault.New(fault.Invalid, "document.field_missing", name)
		}
	}
	return out, nil
}

// decision puts addressee, paragraphs and remedy clause together.
func decision(d Draft, o office, texts ...string) ([]Block, error) {
	who, err := d.need("name", "uscc")
	if err != nil {
		return nil, err
	}
	clause, err := remedy(o, d.Day)
	if err != nil {
		return nil, err
	}
	blocks := []Block{{Role: Addressee, Text: fmt.Sprintf("%s（统一社会信用代码：%s）：", who[0], who[1])}}
	for _, text := range texts {
		blocks = append(blocks, Block{Role: Text, Text: text})
	}
	return append(blocks, Block{Role: Remedy, Text: clause}), nil
}

// writeListing needs name, uscc, workdays (for the removal), and year (the report year) with the articles of the duty, or, for
// the causes that an officer finds, finding: what was found, and duty: what ends it.
func writeListing(d Draft, o office) (string, []Block, error) {
	const title = "列入经营异常名录决定书"
	in, err := d.need("workdays")
	if err != nil {
		return "", nil, err
	}
	finding, duty := d.Fields["finding"], d.Fields["duty"]
	if finding == "" {
		year, err := d.need("year")
		if err != nil {
			return "", nil, err
		}
		finding = fmt.Sprintf("未按照%s规定的期限通过%s报送%s年度报告并向社会公示", cite(d.Duty), system(d.Day), year[0])
		duty = fmt.Sprintf("补报%s年度报告并公示", year[0])
	}
	after := ""
	if d.Day < noLongerSerious {
		after = "自列入之日起满3年仍未依照规定履行公示义务的，将被列入严重违法失信企业名单。"
	}
	blocks, err := decision(d, o,
		"经查，你单位"+finding+"。",
		fmt.Sprintf("依据%s的规定，本局决定将你单位列入经营异常名录，并通过%s向社会公示。列入日期为本决定公示之日。", cite(d.Basis), system(d.Day)),
		ended(duty, in[0])+after+"对列入决定有异议的，可以自公示之日起30日内向本局提出书面申请并提交相关证明材料，要求核实。",
	)
	return title, blocks, err
}

func ended(duty, workdays string) string {
	if duty == "" {
		return "列入的情形消除后，你单位可以向本局申请移出经营异常名录。"
	}
	return "你单位" + duty + "后，可以向本局申请移出经营异常名录，本局将在" + workdays + "个工作日内作出决定。"
}

// writeRemoval needs name, uscc and year or finding; listed_no and listed_on name the listing where they are given.
func writeRemoval(d Draft, o office) (string, []Block, error) {
	const title = "移出经营异常名录决定书"
	finding := d.Fields["finding"]
	cause := ""
	if finding == "" {
		year, err := d.need("year")
		if err != nil {
			return "", nil, err
		}
		cause = fmt.Sprintf("因未按照规定期限公示%s年度报告", year[0])
		finding = fmt.Sprintf("补报%s年度报告并公示", year[0])
	}
	listed, err := listing(d)
	if err != nil {
		return "", nil, err
	}
	blocks, err := decision(d, o,
		fmt.Sprintf("经查，你单位%s%s。现你单位已%s。", cause, listed, finding),
		fmt.Sprintf("依据%s的规定，本局决定将你单位移出经营异常名录，并通过%s向社会公示。", cite(d.Basis), system(d.Day)),
	)
	return title, blocks, err
}

// listing says when and by which paper the party was listed, as far as the draft knows.
func listing(d Draft) (string, error) {
	on, no := "", ""
	if s := d.Fields["listed_on"]; s != "" {
		day, err := credit.ParseDate(s)
		if err != nil {
			return "", err
		}
		on = "于" + spell(day)
	}
	if s := d.Fields["listed_no"]; s != "" {
		no = "（" + s + "）"
	}
	return on + "被列入经营异常名录" + no, nil
}

// writeRescission needs name, uscc and wrong (the number of the wrong decision); reason says what was wrong.
func writeRescission(d Draft, o office) (string, []Block, error) {
	const title = "撤销列入经营异常名录决定书"
	wrong, err := d.need("wrong")
	if err != nil {
		return "", nil, err
	}
	reason := "该决定所依据的事实有误"
	if s := d.Fields["reason"]; s != "" {
		reason = s
	}
	blocks, err := decision(d, o,
		fmt.Sprintf("本局作出的《列入经营异常名录决定书》（%s）将你单位列入经营异常名录。经核实，%s。", wrong[0], reason),
		fmt.Sprintf("依据%s的规定，本局决定撤销上述决定，并对公示信息予以更正。该次列入不作为你单位被列入经营异常名录的记录。", cite(d.Basis)),
	)
	return title, blocks, err
}

// writeAnnouncement needs year, count, deadline (the last day of the duty) and workdays (for the listing); it gives notice to
// the enterprises of a run that its annex names, before any of them is listed.
func writeAnnouncement(d Draft, _ office) (string, []Block, error) {
	in, err := d.need("year", "count", "deadline", "workdays")
	if err != nil {
		return "", nil, err
	}
	year, err := strconv.Atoi(in[0])
	if err != nil {
		return "", nil, fault.New(fault.Invalid, "document.bad_year", in[0])
	}
	deadline, err := credit.ParseDate(in[2])
	if err != nil {
		return "", nil, err
	}
	list := ""
	if len(d.Annex) > 0 {
		list = "（名单见附件）"
	}
	texts := []string{
		fmt.Sprintf("根据%s的规定，企业应当于每年1月1日至%d月%d日，通过%s报送上一年度报告，并向社会公示。%d年度报告的公示期限已于%s届满。",
			cite(d.Duty), deadline.Month(), deadline.Day(), system(d.Day), year, spell(deadline)),
		fmt.Sprintf("经核对，本局登记的企业中，有%s户未在规定期限内公示%d年度报告%s。依据%s的规定，本局将自年度报告公示结束之日起%s个工作日内，"+
			"作出将上述企业列入经营异常名录的决定，并予以公示。", in[1], year, list, cite(d.Basis), in[3]),
		"请尚未履行公示义务的企业尽快补报年度报告并公示；对核对结果有异议的，请在上述期限内向本局提交相关证明材料，由本局核实。",
		"特此公告。",
	}
	blocks := []Block{{Role: Addressee, Text: "各有关企业："}}
	for _, text := range texts {
		blocks = append(blocks, Block{Role: Text, Text: text})
	}
	part := ""
	if d.Part > 1 {
		part = fmt.Sprintf("（第%d批）", d.Part)
	}
	return fmt.Sprintf("关于%d年度报告未按期公示企业的公告%s", year, part), blocks, nil
}
