package match

import (
	"strings"
	"unicode/utf8"
)

// lexicon is a list of words to be looked for at the beginning or the end of a name, the longest first; a word may be of a class.
type lexicon struct {
	class   map[string]string
	longest int // in bytes
}

func lexiconOf(classes map[string]string) lexicon {
	l := lexicon{class: map[string]string{}}
	for class, words := range classes {
		for w := range strings.FieldsSeq(words) {
			l.class[w] = class
			l.longest = max(l.longest, len(w))
		}
	}
	return l
}

// suffix returns the longest word that s ends with, and its class.
func (l lexicon) suffix(s string) (word, class string, ok bool) {
	for n := min(l.longest, len(s)); n > 0; n-- {
		if from := len(s) - n; utf8.RuneStart(s[from]) {
			if class, ok := l.class[s[from:]]; ok {
				return s[from:], class, true
			}
		}
	}
	return "", "", false
}

// prefix returns the longest word that s begins with.
func (l lexicon) prefix(s string) (word string, ok bool) {
	for n := min(l.longest, len(s)); n > 0; n-- {
		if n == len(s) || utf8.RuneStart(s[n]) {
			if _, ok := l.class[s[:n]]; ok {
				return s[:n], true
			}
		}
	}
	return "", false
}

// forms are the endings of names by their class: forms of one class are taken for each other in careless writing.
var forms = func() lexicon {
	return lexiconOf(map[string]string{
		"limited":     "有限责任公司 有限公司 责任有限公司 有限责任 有限责任公 有限公",
		"shares":      "股份有限公司 股份公司",
		"group":       "集团有限公司 集团有限责任公司 集团公司 (集团)有限公司 (集团)有限责任公司 集团",
		"groupshares": "集团股份有限公司 (集团)股份有限公司",
		"company":     "总公司 公司",
		"cooperative": "专业合作社联合社 农民专业合作社 专业合作社 合作社联合社 合作社 合作联社 联合社 联社",
		"partners":    "合伙企业(有限合伙) 合伙企业(普通合伙) (有限合伙) (普通合伙) (特殊普通合伙) 合伙企业",
		"factory":     "总厂 分厂 厂",
		"shop":        "经营部 销售部 门市部 营业部 服务部 批发部 零售部 供应部 商店 商行 超市 酒店 饭店 药店 药房 书店 门店 酒楼 茶楼 饭庄 山庄 宾馆 旅馆 工作室 店 行 部 馆 坊 城 吧 院 社 铺 屋 廊 园 室 档",
		"farm":        "养殖场 种植场 家庭农场 农场 林场 茶场 牧场 砂场 场",
		"station":     "加油站 服务站 收购站 供应站 站",
		"office":      "事务所 研究所 研究院 办事处 代表处 设计院 所 处 中心",
	})
}()

// heads are the forms after which the name of a branch may follow: 中国工商银行股份有限公司|安庆玉琳路支行.
var heads = []string{"有限责任公司", "股份有限公司", "有限公司", "集团公司", "总公司", "公司", "合作社", "银行", "联社", "总厂"}

// tails are what such a branch ends with.
var tails = func() lexicon {
	return lexiconOf(map[string]string{"": `分公司 支公司 分行 支行 分理处 储蓄所 营业部 营业所 服务部 办事处 代表处 分店 连锁店 店 分厂 厂 站 部 所 局 中心 场 专柜 网点 处 点 室
		分社 库 营业厅 厅 项目部 分院 基地 铺 柜`})
}()

// places are what a name may begin with or state in brackets; a name is given to its own county, its city and its province.
// Written without 省, 市, 县, 区, which are left away as often as not.
var places = func() lexicon {
	return lexiconOf(map[string]string{"": `中国 中华 国家 全国
	北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 内蒙古
	香港 澳门 台湾 华东
	合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 巢湖
	迎江 大观 宜秀 怀宁 太湖 宿松 望江 岳西 桐城 潜山 枞阳 宜城 郊 开发 经济技术开发 高新技术产业开发
	石牌 高河 新渡 孔城 梅城 源潭 凉亭 华阳 天堂 晋熙 孚玉 月山 店前 五横 大龙山 菱湖 龙山 集贤 人民路 双井 孝肃路
	南京 杭州 武汉 苏州 无锡 常州 扬州 深圳 广州 宁波 厦门 青岛 大连 成都 西安 长沙 南昌 济南 郑州 福州 九江 温州`})
}()

// trades are what the body of a name ends with before its form; several may stand one behind another (建材 贸易).
var trades = func() lexicon {
	return lexiconOf(map[string]string{"": `科技 技术 信息 网络 软件 电子 电气 电器 电力 电缆 电线 线缆 电梯 电机 机电 机械 机械设备 设备 装备 制造 机械制造 配件 汽配 汽车配件 汽车 汽车销售 汽车维修
	汽车服务 汽车租赁 轴承 阀门 模具 仪表 仪器 精密 重工 钢构 钢结构 钢铁 金属 金属制品 五金 铝业 铜业 矿业 矿山 采石 石料 水泥 混凝土 商品混凝土 砂石 砖瓦 新型建材 建材
	建筑 建筑工程 建筑安装 建筑安装工程 建筑劳务 劳务 建设 建设工程 工程 安装 安装工程 市政 市政工程 路桥 园林 园林绿化 绿化 装饰 装饰工程 装潢 门窗 幕墙 防水 涂料
	房地产 房地产开发 置业 地产 物业 物业管理 物业服务 投资 投资管理 资产管理 担保 融资担保 小额贷款 典当 保险 保险代理 人寿保险 财产保险 证券 基金 租赁 融资租赁
	贸易 商贸 工贸 经贸 进出口 进出口贸易 国际贸易 销售 购销 批发 物资 百货 日用品 日用百货 商业 商业管理 电子商务 供应链 供应链管理 物流 货运 运输 客运 航运 轮船 船舶 港口 港务 仓储 快递
	医药 药业 医疗 医疗器械 器械 药房 连锁 大药房 生物 生物科技 生物技术 制药 化工 化学 化肥 农资 农药 肥料 塑料 塑业 橡胶 包装 包装材料 彩印 印刷 印务 印刷包装 纸业 纸品 造纸 玻璃 陶瓷 材料 新材料
	食品 食品加工 粮油 粮食 米业 油脂 面粉 肉类 水产 渔业 畜牧 畜禽 养殖 水产养殖 种植 种植养殖 农业 农业科技 农业开发 生态农业 农产品 蔬菜 果蔬 茶叶 茶业 酒业 酿造 饮料 乳业 餐饮 餐饮管理 餐饮服务
	酒店 酒店管理 宾馆 旅游 旅行社 国际旅行社 文化 文化传媒 文化传播 传媒 广告 广告装饰 影视 教育 教育科技 培训 体育 健身 娱乐 礼仪 婚庆 摄影
	服装 服饰 制衣 纺织 纺织品 针织 棉业 羽绒 鞋业 皮革 箱包 家具 家居 木业 竹业 竹木 工艺品 工艺 珠宝 玩具 刷业 制刷 毛刷 环保 环保科技 环境 环境工程 节能 新能源 能源 光伏 太阳能 燃气 天然气 液化气 石化 石油 加油 煤炭 自来水 水务 水电
	人力资源 咨询 管理咨询 企业管理 企业管理咨询 咨询服务 财务 财务咨询 会计 会计师 税务师 律师 招标 招标代理 工程咨询 工程监理 监理 设计 勘察 测绘 检测 检测技术 评估 拍卖 保安 保安服务 家政 家政服务 保洁 清洁 服务 管理 发展 实业 产业 开发 控股 集团 经营
	通信 移动通信 联合网络通信 电信 邮政 银行 农村商业 商业银行 邮政储蓄银行 工商银行 农业银行 建设银行 信用 供销 机械施工 装卸 维修 修理 汽车修理 加工 制品 用品 办公用品 文具 眼镜 钟表 家电 灯饰 照明 厨具 卫浴 洁具 殡葬 种业 种苗 苗木 花卉 饲料 兽药 蚕业 丝绸`})
}()

// distinct are characters by which sisters are told apart: 第一支公司 is never 第二支公司, however alike the names look.
const distinct = "0123456789〇零一二三四五六七八九十百千甲乙丙丁东南西北"
