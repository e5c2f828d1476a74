// Opens a note with Go's own golang.org/x/mod/sumdb/note. Nothing of Amana's.
//
//	note VKEY... < NOTE
//
// Prints the text, then one line for each signature: "verified NAME" or "unknown NAME". Ends with 1 and the reason
// if no signature by a given key holds, or if one by such a key is wrong.
package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"
)

func main() {
	data, err := io.ReadAll(os.Stdin)
	var verifiers []note.Verifier
	for _, vkey := range os.Args[1:] {
		verifier, bad := note.NewVerifier(vkey)
		if bad != nil {
			err = bad
			break
		}
		verifiers = append(verifiers, verifier)
	}
	if err == nil {
		var opened *note.Note
		if opened, err = note.Open(data, note.VerifierList(verifiers...)); err == nil {
			fmt.Print(opened.Text)
			for _, signature := range opened.Sigs {
				fmt.Println("verified", signature.Name)
			}
			for _, signature := range opened.UnverifiedSigs {
				fmt.Println("unknown", signature.Name)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
