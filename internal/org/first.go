package org

import (
	"fmt"
	"strconv"
	"strings"

	"zhixin/internal/credit"
)

// The days on which names changed in this city. founded stands for "before this system's time".
var (
	founded  = credit.MustDate("2014-01-01")
	qianshan = credit.MustDate("2018-09-01") // 潜山县 is called 潜山市 from here on (in the course of 2018)
	reform   = credit.MustDate("2019-02-01") // reform of the organs: market regulators, health, ecology and others
)

// bureau is the market regulator of a county, with the court of the place and its stations.
type bureau struct {
	division, place, short string // short begins the prefix of its papers
	court                  string
	stations               [3]string
}

// bureaus are those of handbook 1.5. The development zone's is an agency of the city's bureau.
var bureaus = []bureau{
	{"340802", "安庆市迎江区", "宜迎", "安庆市迎江区人民法院", [3]string{"人民路", "宜城路", "龙狮桥"}},
	{"340803", "安庆市大观区", "宜观", "安庆市大观区人民法院", [3]string{"德宽路", "花亭路", "海口"}},
	{"340811", "安庆市宜秀区", "宜秀", "安庆市宜秀区人民法院", [3]string{"大桥", "菱北", "杨桥"}},
	{"340822", "怀宁县", "怀", "怀宁县人民法院", [3]string{"高河", "石牌", "月山"}},
	{"340825", "太湖县", "太", "太湖县人民法院", [3]string{"晋熙", "徐桥", "小池"}},
	{"340826", "宿松县", "松", "宿松县人民法院", [3]string{"孚玉", "复兴", "汇口"}},
	{"340827", "望江县", "望", "望江县人民法院", [3]string{"华阳", "雷池", "赛口"}},
	{"340828", "岳西县", "岳", "岳西县人民法院", [3]string{"天堂", "温泉", "店前"}},
	{"340871", "安庆经济技术开发区", "宜经开", "安庆市宜秀区人民法院", [3]string{"老峰", "菱湖", "滨江"}},
	{"340881", "桐城市", "桐", "桐城市人民法院", [3]string{"文昌", "龙腾", "新渡"}},
	{"340882", "潜山市", "潜", "潜山市人民法院", [3]string{"梅城", "源潭", "余井"}},
}

// reporter is a department of the city that states facts here, with its name before the reform where that was another.
type reporter struct{ code, name, short, before string }

// reporters are thirty departments, as many as the article counts. Former names of offices that were only founded in the
// reform are those of who did their work.
var reporters = []reporter{
	{"FGW", "安庆市发展和改革委员会", "市发展改革委", ""},
	{"JXJ", "安庆市经济和信息化局", "市经信局", "安庆市经济和信息化委员会"},
	{"JYJ", "安庆市教育体育局", "市教体局", ""},
	{"GAJ", "安庆市公安局", "市公安局", ""},
	{"RSJ", "安庆市人力资源和社会保障局", "市人社局", ""},
	{"ZRZY", "安庆市自然资源和规划局", "市自然资源局", "安庆市国土资源局"},
	{"STHJ", "安庆市生态环境局", "市生态环境局", "安庆市环境保护局"},
	{"ZJJ", "安庆市住房和城乡建设局", "市住建局", "安庆市住房和城乡建设委员会"},
	{"JTJ", "安庆市交通运输局", "市交通局", ""},
	{"SLJ", "安庆市水利局", "市水利局", ""},
	{"NYJ", "安庆市农业农村局", "市农业农村局", "安庆市农业委员会"},
	{"SWJ", "安庆市商务局", "市商务局", ""},
	{"WLJ", "安庆市文化和旅游局", "市文旅局", "安庆市文化广电新闻出版局"},
	{"WJW", "安庆市卫生健康委员会", "市卫健委", "安庆市卫生和计划生育委员会"},
	{"YJJ", "安庆市应急管理局", "市应急局", "安庆市安全生产监督管理局"},
	{"XFJY", "安庆市消防救援支队", "市消防救援支队", "安庆市公安消防支队"},
	{"SWJU", "国家税务总局安庆市税务局", "市税务局", "安徽省安庆市国家税务局"},
	{"HGJ", "中华人民共和国安庆海关", "安庆海关", ""},
	{"CGJ", "安庆市城市管理局", "市城管局", "安庆市城市管理行政执法局"},
	{"LYJ", "安庆市林业局", "市林业局", ""},
	{"CZJ", "安庆市财政局", "市财政局", ""},
	{"TJJ", "安庆市统计局", "市统计局", ""},
	{"QXJ", "安庆市气象局", "市气象局", ""},
	{"YCZM", "安徽省安庆市烟草专卖局", "市烟草专卖局", ""},
	{"RHZX", "中国人民银行安庆市分行", "人民银行安庆市分行", "中国人民银行安庆市中心支行"},
	{"GGZY", "安庆市公共资源交易监督管理局", "市公管局", ""},
	{"DSJ", "安庆市数据资源管理局", "市数据资源局", "安庆市信息化工作办公室"},
	{"MZJ", "安庆市民政局", "市民政局", ""},
	{"SFJ", "安庆市司法局", "市司法局", ""},
	{"YBJ", "安庆市医疗保障局", "市医保局", "安庆市医疗保险基金管理中心"},
}

// FirstCity returns the departments with which a first installation begins: the market regulators of Anqing with their
// stations, and the thirty departments that report. Structure and names are real as far as the sources go; the identifiers
// are synthetic. A department that was renamed stands once for each name, in order of time.
func FirstCity() ([]Department, error) {
	all := regulator()
	for _, b := range bureaus {
		all = append(all, b.departments()...)
	}
	for _, r := range reporters {
		all = append(all, r.departments()...)
	}
	made := map[string]string{}
	for i := range all {
		d := &all[i]
		if d.Level == Station { // a station is part of its bureau and has no identifier of its own
			continue
		}
		if made[d.Code] == "" {
			uscc, err := synthetic(d.Division, len(made)+1)
			if err != nil {
				return nil, err
			}
			made[d.Code] = uscc
		}
		d.USCC = made[d.Code]
	}
	return all, nil
}

func regulator() []Department {
	was := Department{Code: Regulator, Level: City, Division: "340800", Reconsideration: "安庆市人民政府", Court: "安庆市迎江区人民法院"}
	is := was
	was.Name, was.Short, was.Prefix = "安庆市工商行政和质量技术监督管理局", "市工商质监局", "宜工商质监"
	is.Name, is.Short, is.Prefix = "安庆市市场监督管理局", "市市场监管局", "宜市监"
	was.From, was.Until, is.From = founded, reform, reform
	return []Department{was, is}
}

// departments returns the bureau under its names, then its stations.
func (b bureau) departments() []Department {
	d := Department{Code: Regulator + "-" + b.division, Level: County, Division: b.division, Parent: Regulator,
		Name: b.place + "市场监督管理局", Short: strings.TrimPrefix(b.place, "安庆市") + "市场监管局", Prefix: b.short + "市监",
		Reconsideration: b.place + "人民政府", Court: b.court, From: founded}
	out := []Department{d}
	switch b.division {
	case "340871": // an agency of the city's bureau: one applies to the government of that bureau
		d.Name, d.Short, d.Reconsideration = "安庆市市场监督管理局经济技术开发区分局", "经开区分局", "安庆市人民政府"
		out = renamed(d, reform, "市市场监督管理局", "市工商行政和质量技术监督管理局")
	case "340882":
		out = renamed(d, qianshan, "潜山市", "潜山县")
	}
	for i, town := range b.stations {
		s := Department{Code: "ST-" + b.division + "-" + strconv.Itoa(i+1), Level: Station, Division: b.division, Parent: d.Code,
			Name: b.place + town + "市场监督管理所", Short: town + "所", From: founded}
		if b.division == "340882" {
			out = append(out, renamed(s, qianshan, "潜山市", "潜山县")...)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// renamed returns d under its older name until day, and as it is from then on.
func renamed(d Department, day credit.Date, is, was string) []Department {
	old := d
	for _, text := range []*string{&old.Name, &old.Short, &old.Reconsideration, &old.Court} {
		*text = strings.Replace(*text, is, was, 1)
	}
	old.Until, d.From = day, day
	return []Department{old, d}
}

// departments returns the reporting department under its names. It issues no papers here, so it has no prefix or remedy.
func (r reporter) departments() []Department {
	d := Department{Code: r.code, Level: City, Division: "340800", Name: r.name, Short: r.short, From: founded}
	if r.before == "" {
		return []Department{d}
	}
	both := renamed(d, reform, "", "")
	both[0].Name, both[0].Short = r.before, r.before
	if rest, ok := strings.CutPrefix(r.before, "安庆市"); ok {
		both[0].Short = "市" + rest
	}
	return both
}

// synthetic makes the n-th valid identifier of an organ in a division, with a valid organisation code in it. It lets
// package credit judge the check characters instead of knowing their sums a second time.
func synthetic(division string, n int) (string, error) {
	body := fmt.Sprintf("00X%05d", n)
	for _, c := range "0123456789X" {
		if credit.CheckOrgCode(body+string(c)) != nil {
			continue
		}
		for _, k := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
			if u, err := credit.ParseUSCC("11" + division + body + string(c) + string(k)); err == nil {
				return string(u), nil
			}
		}
	}
	return "", fmt.Errorf("org: no identifier for %s %d", division, n)
}
