package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/pflag"
)

// applyConfig sets flags from a TOML file whose keys are names of flags:
//
//	memory = "2G"
//	mount = ["/srv/data:/data:rw"]
//	env = { LANG = "C.UTF-8" }
//	fs = "plugin:/opt/fs?sha256=9f86d081..."
//
// What the command line sets wins; a flag that may be given again has both, the
// file's first.
func applyConfig(fl *pflag.FlagSet, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	var file map[string]any
	if err := toml.Unmarshal(b, &file); err != nil {
		return fmt.Errorf("--config %s: %w", path, err)
	}
	for _, k := range slices.Sorted(maps.Keys(file)) { // which error is told must not depend on a map
		flag := fl.Lookup(k)
		if flag == nil || k == "config" || k == "help" {
			return fmt.Errorf("--config %s: %q is no flag of adyton run", path, k)
		}
		values, err := configValues(file[k])
		if err == nil {
			err = setFlag(flag, values)
		}
		if err != nil {
			return fmt.Errorf("--config %s: %s: %w", path, k, err)
		}
	}
	return nil
}

// setFlag gives flag what the file says, as far as the command line does not.
func setFlag(flag *pflag.Flag, values []string) error {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return list.Replace(append(values, list.GetSlice()...))
	}
	if len(values) != 1 {
		return fmt.Errorf("want one value, have %d", len(values))
	}
	if flag.Changed {
		return nil
	}
	return flag.Value.Set(values[0])
}

// configValues are what a value of the file says as arguments of a flag.
func configValues(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case int64:
		return []string{strconv.FormatInt(v, 10)}, nil
	case []any:
		var out []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("want strings in the list, have %v", e)
			}
			out = append(out, s)
		}
		return out, nil
	case map[string]any:
		var out []string
		for k, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("want a string for %s, have %v", k, e)
			}
			out = append(out, k+"="+s)
		}
		slices.Sort(out)
		return out, nil
	}
	return nil, fmt.Errorf("want a string, number, boolean, list or table, have %v", v)
}
