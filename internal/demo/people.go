package demo

import (
	"bytes"
	"context"
	"io"
	"time"

	"zhixin/internal/credit"
	"zhixin/internal/db"
	"zhixin/internal/org"
)

// Person is one account of the demo city.
type Person struct {
	Login, Name, Department, Title string
	Role                           credit.Role
	Division                       string
}

// people are those whom a visitor can log in as; every county has an officer and an approver beside them.
var people = []Person{
	{"chenjing", "陈静", "SCJG", "信用监管科 填报员", credit.Reporter, "340800"},
	{"wanglei", "王磊", "STHJ", "法规科 填报员", credit.Reporter, "340800"},
	{"zhangmin", "张敏", "SCJG", "信用监管科 承办人", credit.Officer, "340800"},
	{"liqiang", "李强", "SCJG", "信用监管科 科长", credit.Approver, "340800"},
	{"zhoufang", "周芳", "GGZY", "公共资源交易中心 窗口", credit.Counter, "340800"},
	{"admin", "何伟", "SCJG", "系统管理员", credit.Administrator, "340800"},
	{"audit", "罗斌", "SCJG", "审计", credit.Auditor, "340800"},
}

// People returns the accounts that a visitor can use.
func People() []Person { return people }

// member is a person with the hash of the password, made before the transaction: hashing is slow on purpose.
type member struct {
	Person
	password org.Password
}

func cast(ctx context.Context, password string) ([]member, error) {
	hash, err := org.HashPassword(password)
	if err != nil {
		return nil, err
	}
	var all []member
	for _, p := range people {
		all = append(all, member{p, hash})
	}
	for i, pl := range places[1:] {
		code := "SCJG-" + pl.code
		short := pl.names[0]
		all = append(all,
			member{Person{"officer" + pl.code, string([]rune(surnames)[i+7]) + "晓明", code, short + " 承办人", credit.Officer, pl.code}, hash},
			member{Person{"approver" + pl.code, string([]rune(surnames)[i+27]) + "志刚", code, short + " 审批人", credit.Approver, pl.code}, hash})
	}
	return all, nil
}

// join adds the person with the one post and returns the actor.
func (m member) join(ctx context.Context, q db.Q, at time.Time, day credit.Date) (org.Actor, error) {
	u, err := org.PutUser(ctx, q, founder, at, org.User{Login: m.Login, Name: m.Name}, m.password)
	if err != nil {
		return org.Actor{}, err
	}
	post, err := org.PutPost(ctx, q, founder, at, org.Post{User: u.ID, Department: m.Department, Role: m.Role, Title: m.Title, Division: m.Division, From: day})
	if err != nil {
		return org.Actor{}, err
	}
	return org.ActorOf(ctx, q, at, u.ID, post.ID)
}

// pair returns the officer and the approver of an authority.
func (b *builder) pair(authority string) (officer, approver org.Actor) {
	if authority == "SCJG" {
		return b.people["zhangmin"], b.people["liqiang"]
	}
	division := authority[len("SCJG-"):]
	return b.people["officer"+division], b.people["approver"+division]
}

func (f file) reader() io.Reader { return bytes.NewReader(f.body) }
