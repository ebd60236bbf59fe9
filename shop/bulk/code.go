package bulk

import "strings"

// Code says which problem a cell has. A page says it with the arguments in its
// own language; What and Fix say it in English.
type Code string

// said are the texts of the codes: what is wrong and how to mend it, with the
// arguments in braces. A code is an enum of the API too ([Problem]) and has a
// text in each dictionary of the pages.
var said = map[Code]struct{ what, fix string }{
	"cell_long":           {"{bytes} bytes in one cell", "write at most {most}"},
	"no_path":             {"the row does not say where the machine stands", "write a path, for example firm/hall/line/lathe-1"},
	"no_place":            {"the place is missing", "write the path of the line or area the machine stands in"},
	"paths_differ":        {"path and place with code ({other}) differ", "write one of them"},
	"path_form":           {"{why}", "write codes of a-z 0-9 _ - joined by /"},
	"outside_scope":       {"{path} lies outside of {scope}, which is all you may edit", "write a path below it"},
	"no_machine":          {"{path} is no machine but a node of level {level}", "write the path of a machine"},
	"below_machine":       {"{path} is a machine; nothing stands below one", "write the path of the line or area"},
	"place_missing":       {"there is no place {place}", "correct it, or choose to create missing places"},
	"root_unknown":        {"there is no enterprise or place of that name to stand below", "begin the path with {root}"},
	"enterprise_missing":  {"there is no enterprise or place of that name to stand below", "begin the path with an enterprise, which has to be added before"},
	"too_deep":            {"{n} places are missing below {path}, which is of level {level}", "write fewer; the innermost is a cell"},
	"name_missing":        {"the Chinese name is missing", "write what people call the machine"},
	"profile_missing":     {"the profile is missing", "write the id of one; the template lists them"},
	"profile_unknown":     {`there is no profile "{profile}"`, "write one of the template's list"},
	"profile_like":        {`there is no profile "{profile}"`, "write one of the template's list, for example {like}"},
	"class_unknown":       {`there is no class "{class}"`, "leave it empty for the profile's, {usual}, or write one of the template's list"},
	"driver_unknown":      {`there is no driver "{driver}"`, "leave it empty for the profile's, {usual}, or write one of the template's list"},
	"driver_other":        {"profile {profile} speaks {usual}, not {driver}", "write {usual} or leave it empty"},
	"driver_says":         {"{what}", "{fix}"},
	"address_missing":     {"the address is missing", "write how {driver} reaches the device; the template has examples"},
	"truth_unknown":       {`"{value}" is neither yes nor no`, "write 是 or 否, yes or no"},
	"param_form":          {`"{part}" is no parameter`, "write name=value; name=value, for example unit=3; word_order=CDAB"},
	"param_twice":         {"{name} is written twice", "leave one of them out"},
	"params_differ":       {"{name} is {value} here and {other} in the column params", "write it in one of the two columns"},
	"same_path_row":       {"the same path as row {row}", "leave one of the rows out, or write another code"},
	"same_device_row":     {"the same device as row {row}", "write each machine's own address, or its own unit on a shared line"},
	"same_device_machine": {"the same device as {path}", "write each machine's own address, or its own unit on a shared line"},
	"same_device_hidden":  {"the same device as a machine outside your scope", "write each machine's own address, or its own unit on a shared line"},
	"same_serial_row":     {"the same serial number as row {row}", "write the number of the machine's own plate, or leave it empty"},
	"same_serial_machine": {"the same serial number as {path}", "write the number of the machine's own plate, or leave it empty"},
	"same_serial_hidden":  {"the same serial number as a machine outside your scope", "write the number of the machine's own plate, or leave it empty"},
}

// problem makes a problem of a cell. args are names and values in turn.
func problem(column string, index int, value string, code Code, args ...string) Problem {
	text, ok := said[code]
	if !ok {
		panic("BUG: no text for a cell that is " + string(code))
	}
	p := Problem{Column: column, Index: index, Value: value, Code: code, Args: map[string]string{}}
	fill := make([]string, len(args))
	for i := 0; i < len(args); i += 2 {
		p.Args[args[i]] = args[i+1]
		fill[i], fill[i+1] = "{"+args[i]+"}", args[i+1]
	}
	r := strings.NewReplacer(fill...)
	p.What, p.Fix = r.Replace(text.what), r.Replace(text.fix)
	return p
}
