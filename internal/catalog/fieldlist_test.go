package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhixin/internal/catalog"
	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/dbtest"
	"zhixin/internal/fault"
)

// labReport is a list of fields as an administrator writes it.
func labReport() [][]string {
	return [][]string{
		{"检验检测机构报告清单"},
		{"数据类别代码", "lab-report"}, {"数据类别名称", "检验检测报告"}, {"英文名称", "Laboratory reports"}, {"依据", "本地标准"}, {"报送部门", "市场监管部门"}, nil,
		{"字段代码", "字段名称", "英文名称", "类型", "长度", "必填", "条件", "代码集", "公开属性", "其他表头", "用途", "说明"},
		{"UNISCID", "统一社会信用代码", "Identifier", "代码", "", "是", "", "", "公开", "信用代码", "主体代码", "18位"},
		{"ENTNAME", "企业名称", "Name", "文本", "200", "是", "", "", "公开", "", "主体名称", ""},
		{"REPNO", "报告编号", "Number", "文本", "60", "是", "", "", "公开", "编号、报告号", "业务主键", ""},
		{"REPDATE", "报告日期", "Day", "日期", "", "是", "", "", "公开", "", "日期", ""},
		{"RESULT", "结论", "Result", "单选", "", "是", "", "1=合格；0=不合格", "公开", "", "", ""},
		{"FAILED", "不合格项目", "What failed", "文本", "500", "", "结论=不合格", "", "政务共享", "", "", ""},
		{"KINDS", "检验类别", "Kinds", "多选", "", "", "", "委托;监督;型式", "公开", "", "", ""},
		{"FEE", "费用（万元）", "Fee", "金额（万元）", "", "", "", "", "本部门", "", "", ""},
		{"VALTO", "有效期至", "Until", "日期", "", "", "", "", "公开", "", "有效期至", ""},
	}
}

func TestAListOfFieldsBecomesAStandard(t *testing.T) {
	s, problems := catalog.ReadFieldList(labReport())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if s.Name != "lab-report" || !s.Regulators || s.Roles.USCC != "UNISCID" || !slices.Equal(s.Roles.Key, []string{"REPNO"}) || len(s.Fields) != 9 {
		t.Errorf("got %+v", s)
	}
	if f := s.Fields[5]; f.When == nil || f.When.Field != "RESULT" || !slices.Equal(f.When.Is, []string{"0"}) || f.Class != catalog.Internal {
		t.Errorf("the condition: %+v", f)
	}
	if f := s.Fields[7]; f.Class != catalog.Department {
		t.Errorf("the class: %+v", f)
	}
}

func TestAListOfFieldsIsMendedRowByRow(t *testing.T) {
	set := func(row, column int, v string) func([][]string) {
		return func(rows [][]string) { rows[row][column] = v }
	}
	for _, tt := range []struct {
		name   string
		change func([][]string)
		want   string // row:code
	}{
		{"a type that is none", set(9, 3, "字符"), "10:list_column"}, {"a class that is none", set(9, 8, "保密"), "10:list_column"},
		{"a length in words", set(9, 4, "很长"), "10:list_number"}, {"a code in small letters", set(9, 0, "name"), "10:list_field_code"},
		{"a code that stands twice", set(9, 0, "UNISCID"), "10:list_field_twice"}, {"a heading that names two", set(10, 9, "企业名称"), "11:list_heading_twice"},
		{"no English name", set(9, 2, ""), "10:list_field_name"}, {"a list without codes", set(12, 7, ""), "13:list_codes"},
		{"codes of a text", set(9, 7, "甲;乙"), "10:list_codes"}, {"a condition on nothing", set(13, 6, "结果=1"), "14:list_no_field"},
		{"a use that is none", set(9, 10, "名字"), "10:list_column"}, {"no key", set(10, 10, ""), "0:list_no_key"}, {"no day", set(11, 10, ""), "0:list_no_day"},
		{"no subject", set(8, 10, ""), "0:list_no_subject"}, {"a day that is a text", set(11, 3, "文本"), "12:list_role_type"},
		{"a key of persons", set(10, 8, "个人信息"), "11:list_key_personal"}, {"two subjects", set(10, 10, "主体代码"), "11:list_use_twice"},
		{"a name in Chinese", set(1, 1, "检验"), "0:list_kind_name"}, {"no basis", set(4, 1, ""), "0:list_text_missing"},
		{"no table", set(7, 0, "代码"), "0:list_no_table"},
	} {
		rows := labReport()
		tt.change(rows)
		_, problems := catalog.ReadFieldList(rows)
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d:%s", p.Row, strings.TrimPrefix(p.Code, "catalog.")))
		}
		if !slices.Contains(got, tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAnAddedKindChecksItsRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := add(t, d, labReport())
		good := func() map[string]string {
			return map[string]string{"UNISCID": "91340800MA2X00019Q", "ENTNAME": "安庆市长江船舶有限公司", "REPNO": "AQ-1", "REPDATE": "2026-03-05", "RESULT": "合格"}
		}
		try(t, k, good, []tested{
			{"nothing is wrong", nil, ""},
			{"its condition", map[string]string{"RESULT": "不合格"}, "FAILED:missing_when"},
			{"met", map[string]string{"RESULT": "0", "FAILED": "浮力"}, ""},
			{"a code that fails its check", map[string]string{"UNISCID": "91340800MA2X00019A"}, "UNISCID:uscc_check"},
			{"tomorrow", map[string]string{"REPDATE": "2026-10-13"}, "REPDATE:future"},
			{"over before it began", map[string]string{"VALTO": "2026-03-04"}, "VALTO:dates_reversed"},
			{"several kinds", map[string]string{"KINDS": "监督，委托"}, ""},
			{"a kind nobody knows", map[string]string{"KINDS": "口头"}, "KINDS:unknown_kind_of"},
		})
	})
}

var (
	clerk  = credit.Actor{User: "u1", Department: "SCJG", Role: credit.Administrator}
	second = credit.Actor{User: "u2", Department: "SCJG", Role: credit.Administrator}
)

// add adds the kind of a list of fields.
func add(t *testing.T, d *db.DB, rows [][]string) (k catalog.Kind) {
	t.Helper()
	s, problems := catalog.ReadFieldList(rows)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	err := d.Tx(t.Context(), func(q db.Q) (err error) {
		p, err := catalog.Propose(t.Context(), q, clerk, today.Time(), s)
		if err == nil {
			k, err = catalog.Approve(t.Context(), q, second, today.Time(), p.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAnAddedKindStandsBesideTheShipped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		load := func() (set catalog.Set) {
			err := d.View(t.Context(), func(q db.Q) (err error) {
				set, err = catalog.Load(t.Context(), q)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return set
		}
		if n := len(load().All()); n != len(catalog.All()) {
			t.Fatalf("%d kinds of a new city", n)
		}
		add(t, d, labReport())
		next := labReport()
		next[2][1] = "检验报告"
		add(t, d, next)
		k, err := load().Of("lab-report")
		if err != nil || k.Version() != 2 || k.Title != "检验报告" || !k.Added || len(load().All()) != len(catalog.All())+1 {
			t.Errorf("%+v, %v", k.Standard, err)
		}
		err = d.View(t.Context(), func(q db.Q) error {
			old, err := catalog.Version(t.Context(), q, "lab-report", 1)
			if err == nil && old.Title != "检验检测报告" {
				err = fmt.Errorf("version 1 is %s", old.Title)
			}
			var leaves int
			if err == nil {
				err = q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_leaf WHERE kind = $1`, catalog.AddedLeaf).Scan(&leaves)
			}
			if err == nil && leaves != 2 {
				err = fmt.Errorf("%d leaves", leaves)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestWhatMayNotBeAdded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add(t, d, labReport())
		shipped, key := labReport(), labReport()
		shipped[1][1] = "penalty"
		key[10][10], key[11][10] = "", "日期;业务主键"
		for _, tt := range []struct {
			rows [][]string
			want string
		}{{shipped, "catalog.list_shipped"}, {key, "catalog.list_key_changed"}} {
			s, problems := catalog.ReadFieldList(tt.rows)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			err := d.Tx(context.Background(), func(q db.Q) error {
				_, err := catalog.Propose(t.Context(), q, clerk, today.Time().Add(time.Hour), s)
				return err
			})
			if !fault.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		}
	})
}

func TestASecondPersonPutsAKindIntoEffect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		std, problems := catalog.ReadFieldList(labReport())
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		must := func(want string, f func(q db.Q) error) {
			t.Helper()
			if err := d.Tx(t.Context(), f); err != nil && !fault.Is(err, want) || err == nil && want != "" {
				t.Errorf("got %v, want %q", err, want)
			}
		}
		var p catalog.Proposal
		propose := func(by credit.Actor) func(q db.Q) error {
			return func(q db.Q) (err error) {
				made, err := catalog.Propose(t.Context(), q, by, today.Time(), std)
				if err == nil {
					p = made
				}
				return err
			}
		}
		approve := func(by credit.Actor) func(q db.Q) error {
			return func(q db.Q) error {
				_, err := catalog.Approve(t.Context(), q, by, today.Time(), p.ID)
				return err
			}
		}
		discard := func(by credit.Actor, why string) func(q db.Q) error {
			return func(q db.Q) error {
				_, err := catalog.Discard(t.Context(), q, by, today.Time(), p.ID, why)
				return err
			}
		}
		absent := func(q db.Q) error {
			set, err := catalog.Load(t.Context(), q)
			if err == nil {
				_, err = set.Of("lab-report")
			}
			return err
		}
		must("catalog.list_person_needed", propose(credit.System("test")))
		must("", propose(clerk))
		must("catalog.unknown_kind", absent)
		must("catalog.list_proposed_already", propose(second))
		must("catalog.list_same_person", approve(clerk))
		deputy := clerk
		deputy.User, deputy.OnBehalf = "u3", clerk.User
		must("catalog.list_same_person", approve(deputy))
		must("catalog.list_person_needed", approve(credit.System("test")))
		must("catalog.list_discard_reason", discard(second, " "))
		must("", discard(clerk, "写错了"))
		must("catalog.list_no_proposal", approve(second))
		must("", propose(second))
		must("", approve(clerk))
		must("", absent)
		must("catalog.list_no_proposal", approve(clerk))
		for kind, want := range map[string]int{catalog.ProposedLeaf: 2, catalog.DiscardedLeaf: 1, catalog.AddedLeaf: 1} {
			must("", func(q db.Q) error {
				var n int
				err := q.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_leaf WHERE kind = $1`, kind).Scan(&n)
				if err == nil && n != want {
					t.Errorf("%d leaves %s, want %d", n, kind, want)
				}
				return err
			})
		}
	})
}
