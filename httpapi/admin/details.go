package admin

// Details are what is shown of one row, beside its columns.
type Details struct {
	Facts  []Fact  `json:"facts,omitempty"`
	Graph  *Graph  `json:"graph,omitempty"`
	Tables []Table `json:"tables,omitempty"`
	Notes  []Note  `json:"notes,omitempty"`
}

// Fact is a value with a title. See [Describe].
type Fact struct {
	head head
	cell cell
}

// MarshalJSON writes {"name", "title", "kind", "value"}.
func (f Fact) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		Kind  Kind   `json:"kind"`
		Value cell   `json:"value"`
	}{f.head.Name, f.head.Title, f.head.Kind, f.cell})
}

// Describe makes facts of a value, one a column.
func Describe[Row any](row Row, columns ...Column[Row]) []Fact {
	facts := make([]Fact, len(columns))
	for i, head := range heads(columns) {
		facts[i] = Fact{head: head, cell: columns[i].of(row)}
	}
	return facts
}

// Table is a list within [Details].
type Table struct {
	title string
	heads []head
	rows  [][]cell
	more  int
}

// mostInTable bounds a table, so that a journal of a million entries is no answer of a gigabyte.
const mostInTable = 1000

// NewTable makes a table. The first 1,000 rows are shown, and how many more there are.
func NewTable[Row any](title string, rows []Row, columns ...Column[Row]) Table {
	shown := rows[:min(len(rows), mostInTable)]
	t := Table{title: title, heads: heads(columns), rows: make([][]cell, len(shown)), more: len(rows) - len(shown)}
	for i, row := range shown {
		t.rows[i] = cells(row, columns)
	}
	return t
}

// MarshalJSON writes {"title", "columns", "rows", "more"}.
func (t Table) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Title   string   `json:"title"`
		Columns []head   `json:"columns"`
		Rows    [][]cell `json:"rows"`
		More    int      `json:"more,omitempty"`
	}{t.title, t.heads, t.rows, t.more})
}

// Note is a longer text, such as a payload.
type Note struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Graph is a drawing of states and the ways between them.
type Graph struct {
	Title string `json:"title"`
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
}

// Node is a state of a [Graph].
type Node struct {
	Name    string `json:"name"`
	Start   bool   `json:"start,omitempty"`
	Final   bool   `json:"final,omitempty"`
	Current bool   `json:"current,omitempty"`
	// Note is a short text beside the name, such as how many are in this state.
	Note string `json:"note,omitempty"`
}

// Edge is a way between two states of a [Graph], by their names.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label,omitempty"`
	// Taken says that the row has gone this way.
	Taken bool `json:"taken,omitempty"`
}
