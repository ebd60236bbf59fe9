package exchange_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"zhigai/record"
	"zhigai/record/pgtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(nodeDir); dir != "" {
		if err := runNode(context.Background(), dir, os.Getenv(nodeERP)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(pgtest.Main(m))
}

// checker drives a business system against a plant that is killed.
type checker struct {
	*testing.T
	r       *rand.Rand
	erp     *pgx.Conn
	address string
	dir     string
	orders  []*erpOrder
	lots    []*erpLot
	others  int // messages under an id that another had
	rows    int
	kills   int
	cuts    int
}

type erpOrder struct {
	number      string
	version     int
	quantity    int
	state       string
	good, scrap int // that people made
}

// erpLot is a lot of steel, of which more or less came than was said before.
type erpLot struct {
	number   string
	version  int
	quantity string // kg
}

// row is a message as the business system writes it down.
type row struct{ id, body, kind string }

// TestBooksAreEqual: 10,000 exchanges (a part of them in the short form) with
// messages that come twice, out of order and under foreign ids, statements that
// run out of time, connections that are cut, and a plant that is killed at random
// points: at the end what people made, the plant's book and the business
// system's ledger are the same.
func TestBooksAreEqual(t *testing.T) {
	orders, messages, entries, kills := 12, 260, 260, 8
	if os.Getenv("ZHIGAI_FAULT") == "all" {
		orders, messages, entries, kills = 150, 5000, 5000, 60
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	server := pgtest.Shared(t)
	if err := server.SQL("postgres", "create database erp"); err != nil {
		t.Fatal(err)
	}
	address := strings.Replace(server.Address(), "/record?", "/erp?", 1)
	c := &checker{T: t, r: rand.New(rand.NewPCG(seed, 0)), address: address, dir: t.TempDir()}
	var err error
	if c.erp, err = pgx.Connect(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	schema, err := os.ReadFile("testdata/erp.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.erp.PgConn().Exec(t.Context(), string(schema)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	for i := range orders {
		c.orders = append(c.orders, &erpOrder{number: fmt.Sprintf("PO-%03d", i)})
	}
	for i := range 5 {
		c.lots = append(c.lots, &erpLot{number: fmt.Sprint("H", i)})
	}
	began := time.Now()
	c.run(c.messages(messages), entries, kills)
	c.compare()
	t.Logf("%d rows in, %d entries, %d kills, %d cuts and locks in %.0f s", c.rows, entries, c.kills, c.cuts, time.Since(began).Seconds())
}

// messages are what the business system sends, shuffled within a window, some
// twice, some under an id that another has.
func (c *checker) messages(n int) []row {
	var out []row
	for i := range n {
		o := c.orders[c.r.IntN(len(c.orders))]
		if i < len(c.orders) {
			o = c.orders[i]
		}
		o.version++
		o.quantity, o.state = 100+c.r.IntN(900), "released"
		if i < n-3*len(c.orders) && o.version > 1 && c.r.IntN(10) == 0 {
			o.state = "held"
		}
		body := fmt.Sprintf(`{"number": %q, "product": "ring", "quantity": %d, "due": "2027-01-01T00:00:00Z", "version": %d, "state": %q}`, o.number, o.quantity, o.version, o.state)
		one := row{fmt.Sprintf("%s/%d", o.number, o.version), body, "order"}
		out = append(out, one)
		switch c.r.IntN(20) {
		case 0, 1, 2:
			out = append(out, one)
		case 3:
			out = append(out, row{one.id, strings.Replace(body, `"quantity": `, `"quantity": 7`, 1), "order"})
			c.others++
		case 4, 5:
			l := c.lot()
			for range 1 + c.r.IntN(2) {
				out = append(out, l)
			}
		}
	}
	for _, o := range c.orders { // the last word is that it goes on
		o.version++
		o.state = "released"
		out = append(out, row{fmt.Sprintf("%s/%d", o.number, o.version), fmt.Sprintf(`{"number": %q, "product": "ring", "quantity": %d, "due": "2027-01-01T00:00:00Z", "version": %d, "state": "released"}`, o.number, o.quantity, o.version), "order"})
	}
	for range c.lots { // each is said once at least
		out = append(out, c.lot())
	}
	const window = 40
	first := map[string]bool{}
	for i := range out {
		j := min(len(out)-1, i+c.r.IntN(window))
		out[i], out[j] = out[j], out[i]
	}
	// Who of two with one id comes first is the message; the ERP means the one that
	// it wrote, so that the foreign one comes behind it.
	for i := range out {
		if strings.Contains(out[i].body, `"quantity": 7`) && !first[out[i].id] {
			for k := i + 1; k < len(out); k++ {
				if out[k].id == out[i].id && !foreign(out[k]) && foreign(out[i]) {
					out[i], out[k] = out[k], out[i]
					break
				}
			}
		}
		first[out[i].id] = true
	}
	return out
}

// lot is the next word of one of the lots, in turn.
func (c *checker) lot() row {
	l := c.lots[0]
	c.lots = append(c.lots[1:], l)
	l.version++
	l.quantity = fmt.Sprintf("%d.%d", 100+c.r.IntN(900), 1+c.r.IntN(9))
	return row{
		fmt.Sprintf("%s/%d", l.number, l.version), fmt.Sprintf(`{"id": %q, "item": "steel", "quantity": %q, "unit": "KGM", "place": "main", "version": %d}`, l.number, l.quantity, l.version), "lot",
	}
}

// foreign says whether a message is one under an id that another had: its
// quantity has four digits.
func foreign(r row) bool {
	var number string
	var quantity int
	_, _ = fmt.Sscanf(r.body, `{"number": %q, "product": "ring", "quantity": %d`, &number, &quantity)
	return quantity >= 7000
}

// run feeds the business system while the plant is killed and started again.
func (c *checker) run(rows []row, entries, kills int) {
	fed, tallied := 0, 0
	step := max(1, len(rows)/(kills*2))
	for fed < len(rows) || tallied < entries || c.kills < kills {
		node := c.start()
		for range 2 {
			for range step {
				if fed < len(rows) {
					c.exec(`insert into erp.zhigai_inbound (message_id, body, kind) values ($1, $2, $3)`, rows[fed].id, rows[fed].body, rows[fed].kind)
					fed++
				}
			}
			for range max(1, entries/(kills*2)) {
				if tallied < entries {
					tallied++
					o := c.orders[c.r.IntN(len(c.orders))]
					good, scrap := c.r.IntN(50), c.r.IntN(3)
					if good == 0 && scrap == 0 {
						good = 1
					}
					o.good, o.scrap = o.good+good, o.scrap+scrap
					c.exec(`insert into erp.tally (key, number, good, scrap) values ($1, $2, $3, $4)`, fmt.Sprint("e", tallied), o.number, good, scrap)
				}
			}
			c.disturb()
			time.Sleep(time.Duration(50+c.r.IntN(400)) * time.Millisecond) // the random point is the subject
			c.exec(`select erp.book()`)
		}
		node.kill()
		c.kills++
	}
	c.rows = fed
	for _, o := range c.orders {
		c.exec(`insert into erp.orders (number, quantity, version, state) values ($1, $2, $3, $4)`, o.number, o.quantity, o.version, o.state)
	}
	node := c.start()
	c.settle()
	node.kill()
}

func (c *checker) exec(query string, args ...any) {
	c.Helper()
	if _, err := c.erp.Exec(c.Context(), query, args...); err != nil {
		c.Fatalf("%s: %v", query, err)
	}
}

// disturb cuts the plant's connections, or lets its statements run out of time.
func (c *checker) disturb() {
	switch c.r.IntN(4) {
	case 0:
		c.exec(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'zhigai exchange'`)
		c.cuts++
	case 1:
		tx, err := c.erp.Begin(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		table := []string{"zhigai_outbound", "zhigai_inbound"}[c.r.IntN(2)]
		if _, err := tx.Exec(c.Context(), `lock table erp.`+table+` in access exclusive mode`); err != nil {
			c.Fatal(err)
		}
		time.Sleep(2 * within) // longer than the plant waits
		if err := tx.Commit(c.Context()); err != nil {
			c.Fatal(err)
		}
		c.cuts++
	}
}

// settle waits until nothing is on the way any more.
func (c *checker) settle() {
	c.Helper()
	deadline := time.Now().Add(4 * time.Minute)
	for {
		var rows, tally int
		var good, made int64
		c.exec(`select erp.book()`)
		err := c.erp.QueryRow(c.Context(), `select (select count(*) from erp.zhigai_inbound where taken is null or state = 'received'), (select count(*) from erp.tally where not done),
			(select coalesce(sum(good + scrap), 0) from erp.ledger)::bigint, (select coalesce(sum(good + scrap), 0) from erp.tally)::bigint`).Scan(&rows, &tally, &good, &made)
		if err != nil {
			c.Fatal(err)
		}
		if rows == 0 && tally == 0 && good == made {
			return
		}
		if time.Now().After(deadline) {
			c.Fatalf("%d messages are not answered, %d entries not taken, %d of %d booked", rows, tally, good, made)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// compare holds the three books side by side.
func (c *checker) compare() {
	ctx := c.Context()
	db, err := record.Open(ctx, c.dir, record.Options{})
	if err != nil {
		c.Fatal(err)
	}
	defer db.Close()
	p, err := newPlant(ctx, db, c.address)
	if err != nil {
		c.Fatal(err)
	}
	for _, o := range c.orders {
		var quantity, version, good, scrap, newestGood, newestScrap int
		if err := c.erp.QueryRow(ctx, `select quantity, version, good, scrap, newest_good, newest_scrap from erp.sums where number = $1`, o.number).Scan(&quantity, &version, &good, &scrap, &newestGood, &newestScrap); err != nil {
			c.Fatal(err)
		}
		made, err := p.Made(ctx, 1, o.number)
		if err != nil {
			c.Errorf("order %s: %v", o.number, err)
			continue
		}
		ours := fmt.Sprintf("ordered %d, good %d, scrap %d", made.Quantity, made.Total.Good, made.Total.Scrap)
		if want := fmt.Sprintf("ordered %d, good %d, scrap %d", o.quantity, o.good, o.scrap); ours != want {
			c.Errorf("order %s in the plant: %s; people made and the last version says: %s", o.number, ours, want)
		}
		if theirs := fmt.Sprintf("ordered %d, good %d, scrap %d", quantity, good, scrap); theirs != ours {
			c.Errorf("order %s in the business system: %s; in the plant: %s", o.number, theirs, ours)
		}
		if good != newestGood || scrap != newestScrap {
			c.Errorf("order %s: all messages add up to %d and %d, the newest says %d and %d", o.number, good, scrap, newestGood, newestScrap)
		}
		if made.State == "held" {
			c.Errorf("order %s is held; its last version goes on", o.number)
		}
	}
	for _, l := range c.lots {
		v, err := p.material.Lot(ctx, planner, "steel:"+l.number)
		if err != nil || len(v.Stock) != 1 || v.Stock[0].Quantity.String() != l.quantity {
			c.Errorf("lot %s: %+v %v; want the %s kg of version %d", l.number, v.Stock, err, l.quantity, l.version)
		}
	}
	r, err := p.desk.Reconcile(ctx, 1, partnerID)
	if err != nil || !r.Known || r.Equal != len(c.orders) || r.Open+r.Explained != 0 {
		c.Errorf("reconciliation: %d equal, %d explained, %d open, known %v, %v; want all %d equal", r.Equal, r.Explained, r.Open, r.Known, err, len(c.orders))
	}
	c.answers()
}

// answers: every row was answered, the same for the same, and those under a
// foreign id were refused.
func (c *checker) answers() {
	var refused, uneven int
	if err := c.erp.QueryRow(c.Context(), `select (select count(*) from erp.zhigai_inbound where state = 'refused'), (select count(*) from (select message_id, body from erp.zhigai_inbound group by message_id, body having count(distinct state) > 1) as x)`).Scan(&refused, &uneven); err != nil {
		c.Fatal(err)
	}
	if refused != c.others || uneven != 0 {
		rows, err := c.erp.Query(c.Context(), `select message_id, state, coalesce(reason, '') from erp.zhigai_inbound where state = 'refused' limit 5`)
		if err == nil {
			said, _ := pgx.CollectRows(rows, pgx.RowToMap)
			c.Logf("refused: %v", said)
		}
		c.Errorf("%d messages are refused, %d were under an id that another had; %d messages have uneven answers", refused, c.others, uneven)
	}
}

// node is the plant as a process of its own.
type node struct {
	cmd *exec.Cmd
	log strings.Builder
}

func (c *checker) start() *node {
	c.Helper()
	n := &node{cmd: exec.Command(os.Args[0])}
	n.cmd.Env = append(os.Environ(), nodeDir+"="+c.dir, nodeERP+"="+c.address)
	n.cmd.Stderr = &n.log
	out, err := n.cmd.StdoutPipe()
	if err == nil {
		err = n.cmd.Start()
	}
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		n.kill()
		if c.Failed() && n.log.Len() > 0 {
			c.Logf("the plant said: %.4000s", n.log.String())
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		c.Fatalf("the plant does not start: %q %v %s", line, err, n.log.String())
	}
	return n
}

// kill ends it with SIGKILL, wherever it is.
func (n *node) kill() {
	if err := n.cmd.Process.Kill(); err == nil || errors.Is(err, os.ErrProcessDone) {
		_ = n.cmd.Wait() // a killed process has no good status
	}
}
