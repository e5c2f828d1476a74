// Reads a ledger over HTTP as C2SP tlog-tiles, with Go's own sumdb packages: golang.org/x/mod/sumdb/note opens
// the checkpoint, golang.org/x/mod/sumdb/tlog makes and checks every proof out of the tiles. Nothing of Amana's.
//
//	tlog ADDRESS VKEY [index N]... [tree SIZE ROOT]...
//
// The reader's token is in the environment (TOKEN). ROOT: base64. One line for each thing proved; ends with 1 and
// the reason at the first that is not.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type tiles struct {
	address, token string
}

// get asks as HTTP/1.0, by hand: Go would compile net/http and TLS for half a minute.
func (t tiles) get(path string) ([]byte, error) {
	host, folder, _ := strings.Cut(strings.TrimPrefix(t.address, "http://"), "/")
	connection, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	question := "GET /%s/%s HTTP/1.0\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n"
	if _, err := fmt.Fprintf(connection, question, folder, path, host, t.token); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		return nil, err
	}
	head, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
	first, _, _ := strings.Cut(string(head), "\r\n")
	if _, status, _ := strings.Cut(first, " "); !strings.HasPrefix(status, "200 ") {
		return nil, fmt.Errorf("%s: %s", path, status)
	}
	return body, nil
}

// path is that of C2SP tlog-tiles: Go's own has the height in it, and "data" for entries.
func path(tile tlog.Tile, kind string) string {
	number := fmt.Sprintf("%03d", tile.N%1000)
	for n := tile.N / 1000; n > 0; n /= 1000 {
		number = fmt.Sprintf("x%03d/%s", n%1000, number)
	}
	partial := ""
	if tile.W != 1<<tile.H {
		partial = fmt.Sprintf(".p/%d", tile.W)
	}
	return "tile/" + kind + "/" + number + partial
}

func (t tiles) Height() int { return height }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		data, err := t.get(path(tile, strconv.Itoa(tile.L)))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// entry reads the bundle that holds an entry.
func (t tiles) entry(size, index int64) ([]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: index >> height, W: 1 << height}
	if left := size - tile.N<<height; left < 1<<height {
		tile.W = int(left)
	}
	bundle, err := t.get(path(tile, "entries"))
	if err != nil {
		return nil, err
	}
	for at := int64(0); ; at++ {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("entry %d: the bundle is too short", index)
		}
		length := 2 + int(binary.BigEndian.Uint16(bundle))
		if at == index&(1<<height-1) {
			return bundle[2:length], nil
		}
		bundle = bundle[length:]
	}
}

func open(data []byte, vkey string) (tree tlog.Tree, origin string, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, "", err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tree, "", err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, "", fmt.Errorf("the checkpoint does not have three lines")
	}
	if lines[0] != verifier.Name() {
		return tree, "", fmt.Errorf("the checkpoint is of another log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, "", err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, lines[0], err
}

func run(arguments []string) error {
	ledger := tiles{arguments[0], os.Getenv("TOKEN")}
	data, err := ledger.get("checkpoint")
	if err != nil {
		return err
	}
	tree, origin, err := open(data, arguments[1])
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	fmt.Println("checkpoint", origin, tree.N, tree.Hash)
	reader := tlog.TileHashReader(tree, ledger)
	for rest := arguments[2:]; len(rest) > 0; {
		number, err := strconv.ParseInt(rest[1], 10, 64)
		if err != nil {
			return err
		}
		switch rest[0] {
		case "index":
			entry, err := ledger.entry(tree.N, number)
			if err != nil {
				return err
			}
			proof, err := tlog.ProveRecord(tree.N, number, reader)
			if err != nil {
				return fmt.Errorf("entry %d: %w", number, err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, number, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %w", number, err)
			}
			fmt.Println("entry", number, base64.StdEncoding.EncodeToString(entry))
			rest = rest[2:]
		case "tree":
			root, err := tlog.ParseHash(rest[2])
			if err != nil {
				return err
			}
			proof, err := tlog.ProveTree(tree.N, number, reader)
			if err != nil {
				return fmt.Errorf("tree %d: %w", number, err)
			}
			if err := tlog.CheckTree(proof, tree.N, tree.Hash, number, root); err != nil {
				return fmt.Errorf("tree %d: %w", number, err)
			}
			fmt.Println("tree", number, root)
			rest = rest[3:]
		default:
			return fmt.Errorf("neither index nor tree: %s", rest[0])
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
