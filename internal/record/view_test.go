package record_test

import (
	"testing"

	"zhixin/internal/record"
)

func TestOnlyAClearRevocationIsOne(t *testing.T) {
	for _, tt := range []struct {
		content, licence string
		want             record.Revocation
	}{
		{"吊销食品经营许可证", "", record.Revoked},
		{"罚款3000元;吊销", "食品经营许可证JY1", record.Revoked},
		{"暂扣许可证三个月", "", record.Suspended},
		{"暂扣或吊销:暂扣三个月", "", record.Suspended},
		{"暂扣执照六个月，逾期不改正的吊销", "", record.Unclear},
		{"决定不予吊销", "", record.Unclear},
		{"免予吊销", "营业执照", record.Unclear},
		{"暂扣或者吊销", "营业执照", record.NotTouched},
		{"罚款3000元", "", record.NotTouched},
	} {
		if got := (record.Penalty{Content: tt.content, Licence: tt.licence}).Revocation(); got != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.content, tt.licence, got, tt.want)
		}
	}
}
