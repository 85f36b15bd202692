// Package credit holds the words that every room of the house shares: identifiers, days, money, lists, matters, verdicts
// and who acts. It decides nothing.
package credit

// Fen is an amount of money in fen (1/100 yuan). Feeds state 万元 with six decimals; they are converted at the border.
type Fen int64

// SubjectKind says what sort of market entity a subject is (handbook 1.7, 2.3). Rules apply to some kinds only.
type SubjectKind string

// The kinds of subject.
const (
	Enterprise  SubjectKind = "enterprise"  // 企业
	Individual  SubjectKind = "individual"  // 个体工商户: marked, never listed
	Cooperative SubjectKind = "cooperative" // 农民专业合作社
	Branch      SubjectKind = "branch"      // 分支机构
	OtherBody   SubjectKind = "other"       // 机关, 事业单位, 社会组织
)

// RegState is the registration state 登记状态 (CA19, handbook 1.7).
type RegState string

// The registration states.
const (
	Active       RegState = "active"       // 存续
	Annulled     RegState = "annulled"     // 撤销
	Revoked      RegState = "revoked"      // 吊销
	Deregistered RegState = "deregistered" // 注销
	MovedOut     RegState = "moved-out"    // 迁出
)

// List is a list a subject can stand on.
type List string

// The lists (handbook 5.3).
const (
	AbnormalList List = "abnormal" // 经营异常名录
	SeriousList  List = "serious"  // 严重违法失信名单
)

// Matter is a counter's business at which the gate is asked (handbook 5.6).
type Matter string

// The matters of the gate.
const (
	Procurement       Matter = "procurement"        // 政府采购
	Tendering         Matter = "tendering"          // 工程招投标
	LandTransfer      Matter = "land"               // 国有土地出让
	Honour            Matter = "honour"             // 授予荣誉称号
	CreditGranting    Matter = "credit"             // 金融授信
	ProductionLicence Matter = "production-licence" // 生产许可
)

// Matters lists them in the order of the article, production licences last.
var Matters = []Matter{Procurement, Tendering, LandTransfer, Honour, CreditGranting, ProductionLicence}

// Verdict is what the gate tells a counter. The executing authority decides on paper.
type Verdict string

// The verdicts.
const (
	Pass     Verdict = "pass"     // nothing known that matters here
	Remind   Verdict = "remind"   // to be told, without legal effect by itself
	Restrict Verdict = "restrict" // 限制
	Bar      Verdict = "bar"      // 禁入
	Manual   Verdict = "manual"   // the node cannot be sure: check by hand
)

// Rank orders verdicts by strictness. Manual stands above remind and below restrict: uncertainty never bars.
func (v Verdict) Rank() int {
	switch v {
	case Remind:
		return 1
	case Manual:
		return 2
	case Restrict:
		return 3
	case Bar:
		return 4
	}
	return 0
}

// Actor is who acts: a person in a post, a department's key, or the system itself under a named duty. The log names it.
type Actor struct {
	User       string `json:"user,omitempty"`       // user id; empty for keys and for the system
	Name       string `json:"-"`                    // shown to colleagues, never part of the log's public head
	Post       string `json:"post,omitempty"`       // the post in which the person acts
	Department string `json:"department,omitempty"` // code of the department whose act it is
	Key        string `json:"key,omitempty"`        // id of the department's key, where a system acts
	OnBehalf   string `json:"on_behalf,omitempty"`  // the person or department for whom it is done, where another
	Duty       string `json:"duty,omitempty"`       // the system's duty ("flow.due", "intake.check"), where no person acts
	Role       Role   `json:"-"`                    // what the post or key may do (org.May)
	Division   string `json:"-"`                    // the post's division: how far it sees (org.Scope)
}

// System returns the actor of an automatic duty, such as "intake.check".
func System(duty string) Actor { return Actor{Duty: duty} }

// Who returns the id that names the actor: user, key or duty.
func (a Actor) Who() string {
	for _, id := range []string{a.User, a.Key, a.Duty} {
		if id != "" {
			return id
		}
	}
	return ""
}

// Role is what a post is for (handbook 8.3).
type Role string

// The first roles.
const (
	Reporter      Role = "reporter"      // 部门填报员
	Officer       Role = "officer"       // 承办人, examines
	Approver      Role = "approver"      // 审批人, approves
	Counter       Role = "counter"       // 窗口人员, asks the gate
	Administrator Role = "administrator" // 系统管理员
	Auditor       Role = "auditor"       // 审计人员
)
