package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan writes the manual pages, for who packages Adyton.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages of every command into DIR",
		Example: `  adyton man /usr/local/share/man/man1`,
		Args:    cobra.ExactArgs(1),
		Hidden:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			var date time.Time // no day of today, so that the same source gives the same pages
			return doc.GenManTree(cmd.Root(), &doc.GenManHeader{Section: "1", Source: buildVersion().Version, Manual: "Adyton", Date: &date}, args[0])
		},
	}
}
