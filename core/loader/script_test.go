package loader

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"adyton.dev/adyton/core/linux"
)

// scripts are first lines; %s is a program that prints its arguments.
var scripts = []struct {
	name, text string
	arg        string
	hasArg     bool
	errno      linux.Errno
}{
	{"Plain", "#!%s\n", "", false, 0},
	{"Argument", "#!%s -x\n", "-x", true, 0},
	{"ArgumentKeepsBlanksInside", "#!%s a  b\tc \t\nrest", "a  b\tc", true, 0},
	{"BlanksAround", "#! \t %s \t -x \n", "-x", true, 0},
	{"BlanksBehind", "#!%s \t \n", "", false, 0},
	{"NoNewline", "#!%s", "", false, 0},
	{"BlankAndNoNewlineIsAnEmptyArgument", "#!%s ", "", true, 0},
	{"ArgumentAndNoNewline", "#!%s -x", "-x", true, 0},
	{"ArgumentBlankAndNoNewline", "#!%s -x ", "-x ", true, 0},
	{"NULEndsTheName", "#!%s\x00more -x\n", "", false, 0},
	{"NULEndsTheArgument", "#!%s a\x00b\n", "a", true, 0},
	{"CarriageReturnIsPartOfTheName", "#!%s\r\n", "", false, linux.ENOENT},
	{"NoName", "#!\n", "", false, linux.ENOEXEC},
	{"OnlyBlanks", "#! \t \n", "", false, linux.ENOEXEC},
	{"OnlyMarkIsAnEmptyName", "#!", "", false, linux.EACCES},
	{"NULForName", "#!\x00\n", "", false, linux.EACCES},
	{"OnlyBlanksToTheEnd", "#!" + strings.Repeat(" ", 300), "", false, linux.ENOEXEC},
	{"NameTooLong", "#!/" + strings.Repeat("n", 300) + "\n", "", false, linux.ENOEXEC},
	{"NameThatMayGoOn", "#!%w", "", false, linux.ENOEXEC},
	{"NameThatJustFits", "#!%v", "", false, 0},
	{"ArgumentIsCut", "#!%s " + strings.Repeat("a", 300) + "\n", "", true, 0},
	{"NotAScript", "# !%s\n", "", false, linux.ENOEXEC},
	{"Empty", "", "", false, linux.ENOEXEC},
}

func TestScripts(t *testing.T) {
	echo := "/bin/echo"
	for _, c := range scripts {
		t.Run(c.name, func(t *testing.T) {
			text := strings.ReplaceAll(c.text, "%s", echo)
			// A name up to the last byte of the buffer, and a blank at it.
			text = strings.ReplaceAll(text, "%w", strings.Repeat("/", ScriptSize-2-len(echo)+1)+echo[1:]+"\n")
			text = strings.ReplaceAll(text, "%v", strings.Repeat("/", ScriptSize-3-len(echo)+1)+echo[1:]+" ")
			arg := c.arg
			if c.name == "ArgumentIsCut" {
				arg = strings.Repeat("a", ScriptSize-1-len("#!")-len(echo)-1)
			}

			interp, gotArg, hasArg, e := ParseScript([]byte(text))
			if e == 0 {
				if _, err := os.Stat(interp); err != nil {
					e = linux.ENOENT
				}
			}
			if e != c.errno || e == 0 && (gotArg != arg || hasArg != c.hasArg) {
				t.Errorf("ParseScript(%q) = %q, %q, %v, %v, want %q, %v, %v", text, interp, gotArg, hasArg, e, arg, c.hasArg, c.errno)
			}

			path := write(t, []byte(text))
			out, err := exec.Command(path, "last").Output()
			var no syscall.Errno
			errors.As(err, &no)
			words := path + " last\n"
			if c.hasArg {
				words = arg + " " + words
			}
			if linux.Errno(no) != c.errno || no == 0 && string(out) != words {
				t.Errorf("natively %q prints %q, %v, want %q, %v", text, out, linux.Errno(no), words, c.errno)
			}
		})
	}
}

func FuzzParseScript(f *testing.F) {
	for _, c := range scripts {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		interp, arg, hasArg, e := ParseScript(head)
		if e != 0 {
			return
		}
		if interp == "" || strings.ContainsAny(interp, " \t\n\x00") || strings.ContainsAny(arg, "\n\x00") || !hasArg && arg != "" {
			t.Errorf("ParseScript(%q) = %q, %q, %v", head, interp, arg, hasArg)
		}
	})
}
