// Command pairs writes the labelled pairs by which the matcher of enterprises is judged: internal/match/testdata/pairs.csv.
//
//	go -C tools run ./pairs > internal/match/testdata/pairs.csv
//
// A pair has a left side, what a department's record says of its subject, and a right side, a registered subject. Its label
// is what a careful official would say who sees both sides and can look nowhere else: 1, they are one subject; 0, they are
// two, or nothing joins them; ?, a person must be asked, since the two sides contradict each other or do not suffice.
//
// # Independence
//
// The file was made before the matcher was tuned, from the shapes and the shares of dirt that were counted in real registers
// and penalty records, and it owes nothing to the matcher: this command is of another module, imports the standard library
// only, and has the check digits and the tables of slips for itself. internal/arch forbids package match and its tests to
// import this or any other generator.
//
// Names, codes, persons, roads, banks and insurers are drawn and belong to nobody; divisions and towns are those of Anqing.
//
// # Frozen
//
// The file's SHA-256 stands in internal/match/pairs_test.go. It is changed only where a label is wrong or a shape of dirt is
// missing, with the reason in the commit, and never to suit a matcher.
//
// # How the labels were decided
//
//   - A code that passes its check, equal on both sides, joins, whatever slip the name has; where the name is plainly
//     another's, it joins only with the legal representative (and, where nothing of the name is left, the address).
//     With nothing beside it, code and name contradict each other: ?.
//   - Two codes that pass their checks and differ are two subjects, since a subject has one code for life. Where name,
//     active registration and legal representative all agree against them, a row may have slipped: ?.
//   - The exact name with a code that is mistyped, masked or of an older kind (organisation code, registration number) joins.
//   - The exact name without a code joins if legal representative or address agrees; a name that many have, if both do. The
//     full name of a company, with place, trade name, trade and form, joins alone: within one registering authority it is
//     given once. A name that many have, alone, is ?.
//   - A name written otherwise (brackets, blanks, prefix, form, traditional characters, text behind it) joins without a code
//     if legal representative or address agrees; one that has become another name by a slip, if both do. One character
//     apart and nothing else is ?; one character apart with another person at another address is 0.
//   - A number (第一, 第二), a place or a trade that differs is no slip. A branch is not its head office. A record that has the
//     head office's name and code is the head office's, even at the branch's address; a branch's name with the head
//     office's code is ?.
//
// # Shapes of one subject (1)
//
//   - exact: name and code as registered; the legal representative or the address may be of before a change
//   - brackets, blanks: half and full width, other brackets; blanks, tabs, line breaks and invisible characters
//   - char-look, char-sound, char-neighbour, char-missing, char-extra, char-swapped: one slip
//   - cut-short, swallowed: the end is missing; the case's text stands behind (or before) the name
//   - limited-form: 有限公司 for 有限责任公司 and the reverse
//   - prefix, city-moved: 安徽省, 安庆市, 县 and 市 added or left out; (安庆) at another place
//   - traditional, person-in-brackets, bank-short: traditional characters; 某店（张三）; 银行 without 股份有限公司
//   - old-name, renamed: a former name; a name that the registration does not know, with the code and who or where
//   - code-lower, code-wide, code-o-i, code-one-wrong, code-org, code-masked: the code in lower case, in full width, with O
//     for 0 and I for 1, one character wrong, left out or typed twice or two swapped, its organisation code only, stars in its middle
//   - columns-swapped, old-number: code and registration number changed about; the number of before 2015
//   - no-code, name-only: 无, zeros or nothing, with who or where; with neither
//   - division-dissolved: 潜山县 340824 for 潜山市, 桐城县 340821 for 桐城市
//   - parent-for-branch: the head office's name and code at a branch's address, beside the head office
//
// # Shapes of two subjects (0)
//
//   - numbered-branch, sister-branch: 第一 and 第二支公司; two branches of one bank or company
//   - other-trade, other-county, near-brand: one trade name in two trades, in two places; trade names one character apart
//   - parent-branch, group: head office and branch; a company and its group
//   - share-company, shop-company: 有限公司 and 股份有限公司 with a code each; an individual business and a company
//   - mask-contradicts, both-placeholder: legible characters that differ; 无 on both sides
//   - like-person, same-owner: 张建军 and 张建强; two firms of one person at one address
//   - successor: one name and two codes, where the registered subject has ended or person and address are others
//   - common-words: a name without a trade name, such as 安徽有限公司, with another code or person
//   - same-name-elsewhere: 便民超市 in two counties, or with two codes
//
// # Shapes that a person must decide (?)
//
//   - unclear-code-of-another: a good code under another firm's name, beside the one or the other
//   - unclear-common-name, unclear-near-brand, unclear-no-place, unclear-cut-branch: too little to go by
//   - unclear-branch-parent-code, unclear-numbered-code: name and code name different branches, or branch and head office
//   - unclear-form, unclear-shop-company: one may have become the other
package main
