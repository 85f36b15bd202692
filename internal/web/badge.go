package web

import (
	"zhixin/internal/credit"
)

// Badge is a mark that is the same everywhere: a word, a shape beside it, and a tone that never stands alone. The words are
// those of standing.
type Badge struct {
	Code  string // of the word
	Shape string
	Tone  string // good, note, warn, bad, none
}

// VerdictBadge returns the mark of a gate's verdict.
func VerdictBadge(v credit.Verdict) Badge {
	switch v {
	case credit.Pass:
		return Badge{"standing.verdict_pass", "○", "good"}
	case credit.Remind:
		return Badge{"standing.verdict_remind", "△", "note"}
	case credit.Restrict:
		return Badge{"standing.verdict_restrict", "◆", "warn"}
	case credit.Bar:
		return Badge{"standing.verdict_bar", "■", "bad"}
	}
	return Badge{"standing.verdict_manual", "?", "none"}
}

// ListBadge returns the mark of a list.
func ListBadge(l credit.List) Badge {
	if l == credit.SeriousList {
		return Badge{"standing.list_serious", "■", "bad"}
	}
	return Badge{"standing.list_abnormal", "▲", "warn"}
}

// EntryBadge returns the mark of a standing on a list: an individual business is not listed as abnormal but marked so.
func EntryBadge(l credit.List, k credit.SubjectKind) Badge {
	if k == credit.Individual && l == credit.AbnormalList {
		return Badge{"standing.list_marked", "▲", "warn"}
	}
	return ListBadge(l)
}

// StateBadge returns the mark of a registration state.
func StateBadge(s credit.RegState) Badge {
	switch s {
	case credit.Active:
		return Badge{"standing.state_active", "●", "good"}
	case credit.Revoked:
		return Badge{"standing.state_revoked", "■", "bad"}
	case credit.Annulled:
		return Badge{"standing.state_annulled", "◇", "none"}
	case credit.Deregistered:
		return Badge{"standing.state_deregistered", "◇", "none"}
	case credit.MovedOut:
		return Badge{"standing.state_moved_out", "▷", "none"}
	}
	return Badge{"standing.state_unknown", "?", "none"}
}

// MatterCode returns the message code of a counter's business.
func MatterCode(m credit.Matter) string {
	if m == credit.ProductionLicence {
		return "standing.matter_production_licence"
	}
	return "standing.matter_" + string(m)
}
