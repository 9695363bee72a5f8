// SPDX-License-Identifier: Apache-2.0

// Judges an export of Postern with the code of Go's checksum database (golang.org/x/mod/sumdb), which knows signed notes
// and tiles of transparency logs, and nothing of Postern:
//
//	tlog DATA VKEY
//
// DATA is the bag's data/ with tiles/, VKEY the genesis key. Every note must be signed by the key of its epoch, every
// record be included in the newest tree, every older tree be a prefix of it. The hashes come from the tiles alone.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of a tile: 256 hashes

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func expect(condition bool, format string, arguments ...any) {
	if !condition {
		must(fmt.Errorf(format, arguments...))
	}
}

func read(parts ...string) []byte {
	data, err := os.ReadFile(filepath.Join(parts...))
	must(err)
	return data
}

// The tree that a note signs, if these keys have signed it.
func open(text []byte, keys ...string) tlog.Tree {
	var verifiers []note.Verifier
	for _, key := range keys {
		verifier, err := note.NewVerifier(key)
		must(err)
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	must(err)
	expect(len(opened.Sigs) == len(keys), "a note has %d signatures of %d keys", len(opened.Sigs), len(keys))
	lines := strings.Split(opened.Text, "\n")
	expect(len(lines) == 4 && lines[0] == verifiers[0].Name(), "a note is no checkpoint of this log: %q", opened.Text)
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	hash, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: hash}
}

// Where C2SP tlog-tiles have a tile; the checksum database's own paths name the height, too.
func tilePath(tile tlog.Tile) string {
	path := tile.Path()
	return strings.Replace(path, fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

type tiles struct{ root string }

func (tiles) Height() int                     { return height }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.root, tilePath(tile)))
		if err != nil { // a partial tile may be read from the full one
			tile.W = 1 << height
			if data, err = os.ReadFile(filepath.Join(t.root, tilePath(tile))); err != nil {
				return nil, err
			}
		}
		all = append(all, data)
	}
	return all, nil
}

// The records of the entry bundles, in their order.
func records(root string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: height, L: -1, N: n, W: 256}
		if rest := size - n*256; rest < 256 {
			tile.W = int(rest)
		}
		bundle := read(root, strings.Replace(tilePath(tile), "tile/data/", "tile/entries/", 1))
		for len(bundle) > 0 {
			expect(len(bundle) >= 2, "a bundle ends within a length")
			length := int(binary.BigEndian.Uint16(bundle))
			expect(len(bundle) >= 2+length, "a bundle ends within a record")
			all, bundle = append(all, bundle[2:2+length]), bundle[2+length:]
		}
	}
	return all
}

func main() {
	expect(len(os.Args) == 3, "usage: tlog DATA VKEY")
	folder, key := os.Args[1], strings.TrimSpace(os.Args[2])
	root := filepath.Join(folder, "tiles")
	newest := read(root, "checkpoint")
	expect(bytes.Equal(newest, read(folder, "checkpoint")), "tiles/checkpoint is another note than checkpoint")

	// Unproven until the newest key has opened the newest note: that key comes from records that older keys have signed.
	size, err := strconv.ParseInt(strings.Split(string(newest), "\n")[1], 10, 64)
	must(err)
	leaves := records(root, size)
	expect(int64(len(leaves)) == size, "%d records in a tree of %d", len(leaves), size)
	keys, first := []string{key}, []int64{0} // and the index of the record that brought it
	for i, leaf := range leaves {
		var fields struct{ K, Vkey string }
		must(json.Unmarshal(leaf, &fields))
		if fields.K != "key.rotate" {
			continue
		}
		tree := open(read(folder, "checkpoints", strconv.Itoa(i+1)), keys[len(keys)-1], fields.Vkey)
		expect(tree.N == int64(i)+1, "the note that ends an epoch is of size %d", tree.N)
		keys, first = append(keys, fields.Vkey), append(first, int64(i))
	}

	tree := open(newest, keys[len(keys)-1])
	reader := tlog.TileHashReader(tree, tiles{root})
	for i, leaf := range leaves {
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(leaf)))
	}
	lines := append(bytes.Join(leaves, []byte("\n")), '\n')
	expect(bytes.Equal(lines, read(folder, "leaves.jsonl")), "leaves.jsonl holds other records than the bundles")

	kept, err := os.ReadDir(filepath.Join(folder, "checkpoints"))
	must(err)
	for _, file := range kept {
		older := read(folder, "checkpoints", file.Name())
		size, err := strconv.ParseInt(file.Name(), 10, 64)
		must(err)
		var signers []string
		for epoch, key := range keys {
			if last := epoch+1 == len(keys); first[epoch] < size && (last || size <= first[epoch+1]+1) {
				signers = append(signers, key)
			}
		}
		old := open(older, signers...)
		expect(old.N == size, "%s is of another size", file.Name())
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Printf("%d records included, %d older trees consistent, %d keys, root %s\n", tree.N, len(kept), len(keys),
		tree.Hash)
}
