package main

import "strings"

// place is a county-level division of the city, as names begin with it and addresses lie in it.
type place struct {
	long, short, code, old string // old is a code that codes of before still carry
	towns                  string
}

var places = []place{
	{"桐城市", "桐城", "340881", "", "文昌街道 龙眠街道 新渡镇 双港镇 孔城镇 范岗镇 青草镇 大关镇"},
	{"怀宁县", "怀宁", "340822", "", "高河镇 石牌镇 月山镇 马庙镇 茶岭镇 金拱镇"},
	{"潜山市", "潜山", "340882", "340824", "梅城镇 源潭镇 余井镇 王河镇 黄铺镇 水吼镇"},
	{"岳西县", "岳西", "340828", "", "天堂镇 店前镇 来榜镇 响肠镇 石关乡 莲云乡"},
	{"太湖县", "太湖", "340825", "", "晋熙镇 徐桥镇 小池镇 新仓镇 弥陀镇"},
	{"宿松县", "宿松", "340826", "", "孚玉镇 复兴镇 汇口镇 二郎镇 破凉镇"},
	{"望江县", "望江", "340827", "", "华阳镇 高士镇 长岭镇 杨湾镇 太慈镇"},
	{"迎江区", "迎江", "340802", "340800", "宜城路街道 新河路街道 龙狮桥乡 长风乡 孝肃路街道"},
	{"大观区", "大观", "340803", "340800", "德宽路街道 玉琳路街道 集贤路街道 海口镇"},
	{"宜秀区", "宜秀", "340811", "340800", "大桥街道 菱北街道 大龙山镇 杨桥镇 罗岭镇"},
}

// The pools are common characters and words of the trade names, trades and roads of any city; what they make is invented.
const (
	brandHeads = "鸿瑞恒昌祥润沐岚澜翰桦枫穗禾稷骏驰骅璟珺铂钧铭锦绮缇霖泽沅淇渝汀浦岱嵘崧皓晗曦昕晟朗煜烨炫荣茂蓁蕴芷蔚菁葆腾越凌赫奕劭勋卓崇懿璞臻迈"
	brandTails = "达源丰泰顺通盛兴和诚信安康宁佳美华隆发利元亨旺联众合力创远航宇辰星阳月川江河湖海山岭峰岩石林森木田园谷苑庭轩阁舟帆翔鹏鹤鹿麟"
	surnames   = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
	givenHeads = "建国志文明玉秀桂春海永德家金小晓立学宏光振庆俊丽红世成长继培友先传正天云雪梅兰思子宇浩佳"
	givenTails = "华明军平英芳林生强斌峰涛龙云海波辉勇刚杰梅兰霞琴燕玲萍红娟敏静洁怡涵轩宇豪博睿龙胜利民根保发财旺来"
	roadHeads  = "云枫松涛映月听泉望岭新禾晨曦青石桂溪柳塘杏林荷塘稻香石桥渡口"
)

var (
	trades = strings.Fields("商贸 贸易 商贸 建材 建筑工程 建筑装修 装饰工程 市政工程 机械制造 机械 机电设备 电子科技 信息科技 网络科技 农业科技 生态农业 " +
		"农业开发 食品 食品加工 粮油 茶业 饮料 塑业 塑料包装 包装材料 印务 纸业 服饰 纺织 制衣 家具 木业 物流 运输 汽车销售 汽车服务 " +
		"电缆 电线电缆 电气 化工 石化 新材料 环保科技 节能科技 医疗器械 医药 大药房 物业管理 物业服务 房地产开发 置业 文化传媒 广告 旅游开发 " +
		"酒店管理 餐饮管理 餐饮 劳务 人力资源 企业管理咨询 投资 矿业 水泥制品 新型墙材 门窗 钢结构 五金 制冷设备 光电科技 园林绿化 水产养殖 养殖 苗木 羽绒制品")
	shopTrades = strings.Fields("超市 便利店 百货店 副食店 饭店 酒楼 快餐店 面馆 早点铺 烟酒店 五金店 建材店 服装店 童装店 理发店 药店 水果店 茶庄 " +
		"粮油店 电器店 手机店 汽修厂 家具店 窗帘店 灯具店 文具店 蛋糕店 卤菜店 水产批发部 农资经营部 化妆品店 眼镜店 车行 废品回收站")
	works    = strings.Fields("塑料厂 砖瓦厂 家具厂 水泥制品厂 服装厂 制刷厂 包装厂 机械厂 面粉厂 木材加工厂 铸造厂 纸箱厂 印刷厂 新型建材厂 食品厂 面条厂 玻璃厂 电器厂 石料厂")
	coops    = strings.Fields("种植 养殖 茶叶 蔬菜 水产养殖 生猪养殖 油茶种植 中药材种植 瓜蒌种植 农机 林业 水稻种植 蓝莓种植 葡萄种植 家禽养殖")
	plain    = strings.Fields("便民 惠民 好又来 老街坊 小玲 阿强 乐家 家家福 万家 利群 新世纪 红旗 友谊 光明 幸福 小康 天天 大众 平价 学友 好运来 老兵 小芳 顺发 兴旺 如意 吉祥 新华 中心 双喜")
	streets  = strings.Fields("路 大道 街 东路 西路 南路 北路 中路")
	estates  = strings.Fields("工业园 经济开发区 商贸城 建材市场 农贸市场")
	numerals = []string{"一", "二", "三", "四", "五", "六"}
)

// chains are bodies with a hundred branches each, and what the name of a branch ends in.
var chains = []struct{ name, units string }{
	{"皖岳银行股份有限公司", "支行 支行 支行 分理处"},
	{"云枫农村商业银行股份有限公司", "支行 支行 分理处"},
	{"朗河财产保险股份有限公司", "支公司 营业部"},
	{"朗河人寿保险股份有限公司", "支公司 营销服务部"},
	{"翰海通信集团安徽有限公司", "分公司 营业厅 营销部"},
	{"岚桥电信股份有限公司", "分公司 营业厅"},
	{"沐禾石油销售股份有限公司", "加油站"},
	{"禾邮速递物流有限公司", "营业部 揽投部"},
}

// of picks one of a list.
func (g *gen) of(list []string) string { return list[g.IntN(len(list))] }

func split(s string) []string { return strings.Fields(s) }

func (g *gen) pick(list ...string) string { return g.of(list) }

func (g *gen) rune(s string) string {
	r := []rune(s)
	return string(r[g.IntN(len(r))])
}

// brand draws a trade name that no other subject of its shape has, except where a shape says so.
func (g *gen) brand() string {
	return g.fresh(func() string {
		b := g.rune(brandHeads) + g.rune(brandTails)
		if g.in(12) {
			b += g.rune(brandTails)
		}
		return b
	})
}

func (g *gen) person() string {
	name := g.rune(surnames) + g.rune(givenHeads)
	if g.in(80) {
		name += g.rune(givenTails)
	}
	return name
}

// otherPerson draws somebody who is not one of these, by surname or by given name.
func (g *gen) otherPerson(name string) string {
	for {
		if p := g.person(); []rune(p)[0] != []rune(name)[0] {
			return p
		}
	}
}

func (g *gen) road() string {
	r := []rune(roadHeads)
	i := g.IntN(len(r)/2) * 2
	return string(r[i : i+2])
}

// address draws an address in p, in the given town unless that is "".
func (g *gen) address(p place, town string) string {
	head := "安徽省安庆市" + p.long
	if strings.HasSuffix(p.long, "市") {
		head = "安徽省" + p.long
	}
	if town == "" {
		town = g.of(split(p.towns))
	}
	at := head + town
	switch g.IntN(5) {
	case 0:
		return at + g.road() + "村" + g.rune("东西南北") + g.pick("庄", "岗", "冲", "畈") + "组"
	case 1:
		return at + g.road() + g.of(estates) + g.number(1) + "栋" + g.pick("101", "102", "203", "305") + "号"
	}
	at += g.road() + g.of(streets) + g.number(3) + "号"
	if g.in(35) {
		at += g.number(1+g.IntN(2)) + "幢" + g.pick("101", "201", "302", "1204") + "室"
	}
	return at
}

// number draws a number of at most so many digits.
func (g *gen) number(digits int) string {
	return strings.TrimLeft(g.digits(digits-1)+g.pick("1", "3", "6", "8"), "0")
}

// otherAddress draws an address in p that is plainly another one.
func (g *gen) otherAddress(p place, than string) string {
	for {
		if a := g.address(p, ""); a != than && !near(a, than) {
			return a
		}
	}
}

// near reports whether two addresses lie in one road or village.
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	n := 0
	for n < min(len(x), len(y)) && x[n] == y[n] {
		n++
	}
	return n >= 13
}
