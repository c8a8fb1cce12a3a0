package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to what this program knows. A schema that is newer is refused: an older program must not write to it.
func migrate(ctx context.Context, d goose.Dialect, db *sql.DB, folder string, o ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(d, db, files, o...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("schema version: %w", err)
	}
	if have > know {
		return fmt.Errorf("the database has schema %d, this program knows up to %d: run the newer release, or restore a backup made before the upgrade", have, know)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}
