package web

import (
	"fmt"
	"html/template"
	"reflect"
	"text/template/parse"

	"zhixin/internal/fault"
)

// checkTemplate holds a template and all it calls against the types of the page: html/template itself would only find a
// misspelt field when a reader comes to the branch in which it stands.
func (s *Server) checkTemplate(t *template.Template, name string, page any) error {
	if name := hidden(reflect.TypeOf(page).Elem()); name != "" {
		return fmt.Errorf("web: its field %s hides that of web.Page from the frame", name)
	}
	c := checker{t: t, server: s, seen: map[string]bool{}}
	return c.template(name, reflect.TypeOf(page))
}

// hidden returns a field of a page that has the name of one of [Page]: the frame around the page would show the wrong one.
func hidden(of reflect.Type) string {
	frame := reflect.TypeFor[Page]()
	for i := range of.NumField() {
		if f := of.Field(i); !f.Anonymous {
			if _, twice := frame.FieldByName(f.Name); twice {
				return f.Name
			}
		}
	}
	return ""
}

type checker struct {
	t      *template.Template
	server *Server
	seen   map[string]bool
	vars   []variable
}

type variable struct {
	name string
	of   reflect.Type
}

// template checks a template with a type of dot, once.
func (c *checker) template(name string, dot reflect.Type) error {
	t := c.t.Lookup(name)
	if t == nil || t.Tree == nil {
		return fmt.Errorf("web: no template %q", name)
	}
	key := name + " " + fmt.Sprint(dot)
	if c.seen[key] {
		return nil
	}
	c.seen[key] = true
	inner := checker{t: c.t, server: c.server, seen: c.seen, vars: []variable{{"$", dot}}}
	if err := inner.list(t.Tree.Root, dot); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (c *checker) list(l *parse.ListNode, dot reflect.Type) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := c.node(n, dot); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) node(n parse.Node, dot reflect.Type) error {
	switch n := n.(type) {
	case *parse.ActionNode:
		_, err := c.pipe(n.Pipe, dot)
		return err
	case *parse.IfNode:
		return c.branch(&n.BranchNode, dot, func(reflect.Type) (reflect.Type, error) { return dot, nil })
	case *parse.WithNode:
		return c.branch(&n.BranchNode, dot, func(of reflect.Type) (reflect.Type, error) { return of, nil })
	case *parse.RangeNode:
		return c.branch(&n.BranchNode, dot, func(of reflect.Type) (reflect.Type, error) { return element(of) })
	case *parse.TemplateNode:
		if n.Pipe == nil {
			return c.template(n.Name, nil)
		}
		of, err := c.pipe(n.Pipe, dot)
		if err != nil {
			return err
		}
		return c.template(n.Name, of)
	}
	return nil
}

// branch checks an if, a with or a range; inside says what dot is there.
func (c *checker) branch(b *parse.BranchNode, dot reflect.Type, inside func(reflect.Type) (reflect.Type, error)) error {
	kept := len(c.vars)
	defer func() { c.vars = c.vars[:kept] }()
	of, err := c.pipe(b.Pipe, dot)
	if err != nil {
		return err
	}
	in, err := inside(of)
	if err != nil {
		return fmt.Errorf("%s: %w", b.Pipe, err)
	}
	if b.NodeType == parse.NodeRange { // the last variable is the element, one before it the index
		for i, v := range b.Pipe.Decl {
			c.vars[kept+i] = variable{v.Ident[0], in}
			if len(b.Pipe.Decl) == 2 && i == 0 {
				c.vars[kept].of = reflect.TypeFor[int]()
			}
		}
	}
	if err := c.list(b.List, in); err != nil {
		return err
	}
	return c.list(b.ElseList, dot)
}

func element(of reflect.Type) (reflect.Type, error) {
	if of == nil {
		return nil, nil
	}
	switch of.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return of.Elem(), nil
	case reflect.Int:
		return of, nil
	}
	return nil, fmt.Errorf("web: cannot range over %s", of)
}

func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type) (of reflect.Type, err error) {
	for _, cmd := range p.Cmds {
		if of, err = c.command(cmd, dot); err != nil {
			return nil, err
		}
	}
	for _, v := range p.Decl {
		c.vars = append(c.vars, variable{v.Ident[0], of})
	}
	return of, nil
}

func (c *checker) command(cmd *parse.CommandNode, dot reflect.Type) (of reflect.Type, err error) {
	for i, arg := range cmd.Args {
		t, err := c.value(arg, dot)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			of = t
		}
	}
	if f, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return c.call(f.Ident, cmd.Args[1:])
	}
	return of, nil
}

// call says what a function returns, and looks up the sentences that T is called with by name.
func (c *checker) call(name string, args []parse.Node) (reflect.Type, error) {
	switch name {
	case "T":
		if len(args) == 0 {
			return nil, fmt.Errorf("web: T without a code")
		}
		if code, ok := args[0].(*parse.StringNode); ok && !c.server.Lang.Has(code.Text) {
			return nil, fault.New(fault.Invalid, "web.no_sentence", code.Text)
		}
		return reflect.TypeFor[string](), nil
	case "date", "number", "money", "url", "print", "printf", "urlquery":
		return reflect.TypeFor[string](), nil
	case "len":
		return reflect.TypeFor[int](), nil
	case "eq", "ne", "lt", "le", "gt", "ge", "not", "and", "or":
		return reflect.TypeFor[bool](), nil
	case "_html_template_htmlescaper", "_html_template_attrescaper":
		return reflect.TypeFor[string](), nil
	}
	return nil, fmt.Errorf("web: templates do not call %s", name)
}

// value returns the type of an operand; nil where any type will do.
func (c *checker) value(n parse.Node, dot reflect.Type) (reflect.Type, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return fields(dot, n.Ident)
	case *parse.VariableNode:
		for i := len(c.vars) - 1; i >= 0; i-- {
			if c.vars[i].name == n.Ident[0] {
				return fields(c.vars[i].of, n.Ident[1:])
			}
		}
		return nil, fmt.Errorf("web: no variable %s", n)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.ChainNode:
		of, err := c.value(n.Node, dot)
		if err != nil {
			return nil, err
		}
		return fields(of, n.Field)
	case *parse.StringNode:
		return reflect.TypeFor[string](), nil
	case *parse.NumberNode:
		return reflect.TypeFor[int](), nil
	case *parse.BoolNode:
		return reflect.TypeFor[bool](), nil
	}
	return nil, nil
}

// fields follows names through structs and methods without arguments.
func fields(of reflect.Type, names []string) (reflect.Type, error) {
	for _, name := range names {
		if of == nil {
			return nil, fmt.Errorf("web: .%s of nothing", name)
		}
		if m, ok := of.MethodByName(name); ok {
			if m.Type.NumIn() != 1 || m.Type.NumOut() == 0 {
				return nil, fmt.Errorf("web: %s.%s wants arguments", of, name)
			}
			of = m.Type.Out(0)
			continue
		}
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return nil, fmt.Errorf("web: .%s of a %s", name, of)
		}
		f, ok := of.FieldByName(name)
		if !ok {
			return nil, fmt.Errorf("web: %s has no field %s", of, name)
		}
		of = f.Type
	}
	return of, nil
}
