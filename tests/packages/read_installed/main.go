// Reads apk's database of installed packages with apko's reader, and prints as JSON what that understands of it.
package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"os"

	"chainguard.dev/apko/pkg/apk/apk"
)

type installed struct {
	Name, Version, Arch, Checksum, Origin                 string
	Size, InstalledSize, ProviderPriority                 uint64
	Dependencies, Provides, Replaces, InstallIf, Contents []string
}

func main() {
	packages, err := apk.ParseInstalled(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	all := []installed{}
	for _, one := range packages {
		record := installed{
			Name: one.Name, Version: one.Version, Arch: one.Arch, Origin: one.Origin,
			Checksum: hex.EncodeToString(one.Checksum),
			Size:     one.Size, InstalledSize: one.InstalledSize, ProviderPriority: one.ProviderPriority,
			Dependencies: one.Dependencies, Provides: one.Provides, Replaces: one.Replaces, InstallIf: one.InstallIf,
			Contents: []string{},
		}
		for _, file := range one.Files {
			record.Contents = append(record.Contents, file.Name)
		}
		all = append(all, record)
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		log.Fatal(err)
	}
}
