package main

import (
	"slices"
	"strings"
)

// look, sound and script say what a character is mistaken for: one that looks like it, one that an input method offers for
// the same sound, and its traditional form. Numbers and directions are in none: they tell branches and sisters apart.
var look = table("未末 己已 土士 日曰 太大 夭天 人入 千干 晴睛 侯候 茶荼 崇祟 徽微 治冶 洁沽 泰秦 园圆 莱菜 晨辰 洋详 岚岗 澜谰 瀚翰 桦烨 枫讽 穗惠 骏俊 驰弛 " +
	"骅桦 钧钓 铂珀 锦绵 绮倚 霖霜 泽译 淇琪 渝愉 岱贷 皓浩 晗哈 曦羲 昕听 晟成 朗郎 煜焜 炫弦 茂戊 蓁秦 芷芝 蔚尉 菁青 葆保 腾滕 越赵 凌陵 赫郝 劭邵 勋助 卓桌 璞噗 臻榛 迈万 " +
	"鸿鸣 瑞端 恒垣 昌冒 祥样 润闰 沐沭 商啇 贸货 建健 材村 机杌 械槭 设没 备奋 科料 技枝 农衣 业亚 食良 品晶 粮根 油抽 饮饭 塑朔 包句 装袋 纸纺 服报 饰饬 纺坊 织识 家冢 具县 木本 " +
	"物牧 流硫 运远 输愉 汽气 销消 售隹 务备 电申 缆览 线钱 化代 工二 石右 环坏 保堡 节芦 能熊 医匠 疗辽 器噐 药约 房户 管菅 理埋 产户 开升 置直 传专 媒谋 广厂 告吉 旅旋 酒洒 店庐 " +
	"餐粲 劳荣 企仝 咨资 询殉 投没 矿扩 泥泯 制剃 品晶 墙樯 门们 窗囱 钢纲 结洁 构沟 五王 冷泠 光兄 园囩 林休 绿录 水永 养羊 殖值 苗苖 羽翊 绒绂 限根 责贵 任仼 公厶 司同 桐铜 城诚 " +
	"怀坏 宁宇 潜替 岳兵 西酉 湖糊 宿缩 松忪 望塱 江讧 庆厌 安按 超起 市巿 便使 利刹 百白 货贷 副福 饭饮 楼搂 面而 馆棺 烟咽 理埋 发友 果呆 庄压 店苫 手毛 修俢 厂广 灯打 具貝 文交 糕羔 合台 作诈 社杜")

var sound = table("鸿宏 瑞锐 恒衡 昌畅 祥翔 润闰 沐牧 岚兰 澜兰 翰汉 桦华 枫峰 穗岁 禾和 稷际 骏俊 驰池 骅华 璟景 珺君 铂博 钧均 铭名 锦金 绮琦 缇提 霖林 泽则 沅源 淇奇 渝渔 汀厅 浦普 岱代 " +
	"嵘荣 崧松 皓浩 晗涵 曦希 昕欣 晟盛 朗郎 煜裕 炫绚 荣容 茂贸 蓁真 芷止 蔚卫 菁精 葆宝 腾藤 越跃 凌陵 赫贺 奕亿 劭绍 勋薰 卓桌 崇重 懿艺 璞朴 臻真 迈麦 达答 源原 丰风 泰态 顺舜 通同 盛胜 兴星 " +
	"圆园 和合 诚成 信新 安按 康慷 宁凝 佳嘉 美镁 华花 隆龙 发法 利力 元圆 亨哼 旺望 联连 众重 合和 力立 创闯 远源 航行 宇雨 辰晨 星兴 阳洋 月悦 川穿 江将 河合 湖胡 海嗨 山杉 岭领 峰丰 岩研 石时 林琳 森深 木目 " +
	"田甜 园源 谷古 苑院 庭亭 轩宣 阁格 舟洲 帆凡 翔祥 鹏朋 鹤贺 鹿路 麟林 商伤 贸茂 建健 材财 筑铸 程成 装妆 饰式 机基 械谢 设社 备倍 科柯 技计 农浓 业叶 食石 品拼 粮良 油游 茶查 塑素 包苞 纸只 服福 纺仿 织支 " +
	"家佳 具剧 物务 流留 运云 输书 汽气 车扯 销消 售受 务物 电店 缆览 线现 气汽 化华 工公 新欣 环还 保宝 节洁 医依 疗聊 药要 房方 管馆 理里 产铲 开凯 置制 业页 传船 媒梅 广光 告高 旅铝 酒九 店电 餐参 劳捞 矿况 " +
	"泥尼 制治 墙强 窗疮 钢刚 构购 冷棱 光广 绿律 养样 殖植 苗描 绒容 限线 责则 任认 公工 司思 桐同 城成 怀淮 潜前 岳越 宿素 松宋 望旺 庆请 超抄 市式 便变 利力 百佰 货获 饭犯 楼娄 馆管 果国 灯登 合和 作做 社设")

var script = table("鸿鴻 润潤 岚嵐 澜瀾 桦樺 枫楓 骏駿 驰馳 骅驊 铂鉑 钧鈞 铭銘 锦錦 绮綺 缇緹 泽澤 浦浦 嵘嶸 荣榮 腾騰 勋勳 迈邁 达達 丰豐 顺順 兴興 诚誠 宁寧 华華 发發 联聯 众眾 创創 远遠 阳陽 岭嶺 峰峯 轩軒 阁閣 鹏鵬 鹤鶴 " +
	"贸貿 筑築 装裝 饰飾 机機 械械 设設 备備 农農 业業 粮糧 饮飲 纸紙 纺紡 织織 运運 输輸 车車 销銷 务務 电電 缆纜 线線 气氣 环環 节節 医醫 疗療 药藥 产產 开開 传傳 广廣 馆館 劳勞 资資 询詢 矿礦 制製 墙牆 门門 钢鋼 结結 构構 园園 绿綠 养養 绒絨 " +
	"责責 怀懷 宁寧 潜潛 庆慶 县縣 区區 银銀 险險 庄莊 饭飯 楼樓 面麵 烟煙 灯燈 厂廠 总總 邮郵 团團 岳嶽 网網 视視 东東 术術 种種 树樹 苏蘇 云雲 桥橋 龙龍 乡鄉 镇鎮 号號 实實 级級 员員 术術 鱼魚 鸡雞 货貨 贝貝 长長 马馬 红紅 旧舊 双雙 乐樂 强強 学學 运運")

// table reads pairs of characters; look and sound err in both directions, but only towards what the pair says.
func table(pairs string) map[rune]rune {
	out := map[rune]rune{}
	for _, p := range strings.Fields(pairs) {
		r := []rune(p)
		if _, some := out[r[0]]; !some && r[0] != r[1] {
			out[r[0]] = r[1]
		}
	}
	return out
}

// telling are the characters on which the identity of a branch or of a sister firm hangs; no slip touches them.
const telling = "一二三四五六七八九十东西南北中大小上下第新老分支总"

func slips(name []rune, by map[rune]rune) []int {
	var at []int
	for i, r := range name {
		if by[r] != 0 && !strings.ContainsRune(telling, r) && !strings.ContainsRune(telling, by[r]) {
			at = append(at, i)
		}
	}
	return at
}

// mistake replaces one character by what by says; ok is false where the name has none.
func (g *gen) mistake(name string, by map[rune]rune) (string, bool) {
	r := []rune(name)
	at := slips(r, by)
	if len(at) == 0 {
		return name, false
	}
	i := at[g.IntN(len(at))]
	r[i] = by[r[i]]
	return string(r), true
}

// traditional writes every character that has another form in it, or some.
func (g *gen) traditional(name string) (string, bool) {
	r := []rune(name)
	all := g.in(70)
	for i := range r {
		if t := script[r[i]]; t != 0 && (all || g.in(50)) {
			r[i] = t
		}
	}
	return string(r), string(r) != name
}

// spot draws a place in name, between from and the end, whose character is not telling.
func (g *gen) spot(r []rune, from int) int {
	for {
		if i := from + g.IntN(len(r)-from); !strings.ContainsRune(telling, r[i]) && !strings.ContainsRune(telling, r[min(i+1, len(r)-1)]) {
			return i
		}
	}
}

func (g *gen) neighbour(name string) string {
	r := []rune(name)
	i := g.spot(r, 0)
	for was := r[i]; r[i] == was; {
		r[i] = []rune(g.rune(brandHeads + "的了在有无仁从什仔佣优件价份仿企伍伏"))[0]
	}
	return string(r)
}

func (g *gen) missing(name string) string {
	r := []rune(name)
	i := g.spot(r, 0)
	return string(slices.Delete(r, i, i+1))
}

func (g *gen) extra(name string) string {
	r := []rune(name)
	i := g.spot(r, 1)
	add := r[i] // a character typed twice
	if g.in(35) {
		add = []rune(g.rune("的市县限责工业公司有"))[0]
	}
	return string(slices.Insert(r, i, add))
}

func (g *gen) swapped(name string) string {
	r := []rune(name)
	for {
		i := g.spot(r[:len(r)-1], 0)
		if r[i] != r[i+1] && !strings.ContainsRune(telling, r[i+1]) {
			r[i], r[i+1] = r[i+1], r[i]
			return string(r)
		}
	}
}

// blanks puts blanks, wide or narrow, or a tab or a line break, into name or beside it.
func (g *gen) blanks(name string) string {
	r := []rune(name)
	blank := []rune(g.pick(" ", " ", "　", "\u00a0", "\t", "  ", "\u200b", "\n"))
	out := slices.Insert(r, g.IntN(len(r)+1), blank...)
	if g.in(30) {
		out = append(out, ' ')
	}
	return string(out)
}

// respell writes an address as another clerk would.
func (g *gen) respell(a string) string {
	for _, cut := range []string{"安徽省安庆市", "安徽省"} {
		if strings.HasPrefix(a, cut) && g.in(45) {
			a = strings.TrimPrefix(a, cut)
			break
		}
	}
	switch g.IntN(8) {
	case 0:
		if i := strings.Index(a, "号"); i > 0 {
			a = a[:i+len("号")]
		}
	case 1:
		a = strings.ReplaceAll(a, "幢", "栋")
	case 2:
		a = wide(a)
	case 3:
		a = strings.Replace(a, "街道", "街道办事处", 1)
	case 4:
		a = strings.Replace(a, "号", "号 ", 1)
	}
	return strings.TrimSpace(a)
}
