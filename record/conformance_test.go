package record_test

import (
	"testing"

	"zhigai/access"
	"zhigai/data"
	"zhigai/evidence/seals"
	"zhigai/figure"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/programme/reporting"
	"zhigai/record"
	recordevidence "zhigai/record/evidence"
	"zhigai/record/factory"
	"zhigai/record/nodes"
	"zhigai/record/pgtest"
	"zhigai/record/programme"
	"zhigai/record/recordtest"
	"zhigai/record/sector"
	"zhigai/record/shop"
	"zhigai/sector/tenant"
	"zhigai/shop/discovery"
	"zhigai/shop/equipment"
)

func open(t *testing.T) *record.DB {
	t.Helper()
	return openIn(t, t.TempDir())
}

func openIn(t *testing.T, dir string) *record.DB {
	t.Helper()
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// backend makes a new, empty record and says where it is.
type backend struct {
	name  string
	where func(t testing.TB) string
}

var backends = []backend{
	{"SQLite", func(t testing.TB) string { return t.TempDir() }},
	{"PostgreSQL", pgtest.Address},
}

// each runs the test on every database.
func each(t *testing.T, test func(t *testing.T, open func(t *testing.T) *record.DB)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			test(t, func(t *testing.T) *record.DB { return openIn(t, b.where(t)) })
		})
	}
}

func TestConformance_Seals(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Seals(t, func(t *testing.T) seals.Store { return recordevidence.New(open(t)) })
	})
}

func TestConformance_Files(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) { recordtest.Files(t, sector.NewFiles(open(t))) })
}

func TestConformance_Production(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Production(t, shop.NewProduction(db), db.Journal(), db.NewID)
	})
}

func TestConformance_Plans(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Plans(t, shop.NewPlans(db), db.Journal())
	})
}

func TestConformance_Lines(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Lines(t, shop.NewLines(db), db.Journal())
	})
}

func TestConformance_Energy(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Energy(t, shop.NewEnergy(db), db.Journal())
	})
}

func TestConformance_Alarms(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Alarms(t, shop.NewAlarms(db), db.Journal())
	})
}

func TestConformance_Studies(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Studies(t, shop.NewBatches(db), shop.NewTrials(db), db.Journal())
	})
}

func TestConformance_Models(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Models(t, shop.NewModels(db), db.Journal())
	})
}

func TestConformance_Health(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Health(t, shop.NewHealth(db), db.Journal())
	})
}

func TestConformance_Maintenance(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Maintenance(t, shop.NewMaintenance(db), db.Journal())
	})
}

func TestConformance_Deliveries(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		vault, err := access.NewVault(make([]byte, access.VaultKeyBytes))
		if err != nil {
			t.Fatal(err)
		}
		recordtest.Deliveries(t, shop.NewDeliveries(open(t), shop.Secrets{Vault: vault}))
	})
}

func TestConformance_Andon(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Andon(t, shop.NewCalls(db), db.Journal())
	})
}

func TestConformance_Quality(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Quality(t, shop.NewQuality(db), db.Journal())
	})
}

func TestConformance_QualityMarks(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.QualityMarks(t, shop.NewQuality(open(t)))
	})
}

func TestConformance_Certificates(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Certificates(t, shop.NewCertificates(db), db.Journal())
	})
}

func TestConformance_Process(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Process(t, shop.NewProcess(db), db.Journal())
	})
}

func TestConformance_Loops(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Loops(t, shop.NewLoops(db), db.Journal())
	})
}

func TestConformance_Handshakes(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Handshakes(t, shop.NewHandshakes(db), db.Journal())
	})
}

func TestConformance_Displays(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Displays(t, shop.NewDisplays(db), db.Journal())
	})
}

func TestConformance_LineRules(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.LineRules(t, shop.NewLineRules(db), db.Journal())
	})
}

func TestConformance_Components(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Components(t, shop.NewComponents(db), db.Journal())
	})
}

func TestConformance_Attachments(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Attachments(t, shop.NewAttachments(db), db.Journal())
	})
}

func TestConformance_Material(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Material(t, shop.NewMaterial(db), db.Journal(), db.NewID)
	})
}

func TestConformance_Exchange(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		vault, err := access.NewVault(make([]byte, access.VaultKeyBytes))
		if err != nil {
			t.Fatal(err)
		}
		recordtest.Exchange(t, factory.NewExchange(db, vault), shop.NewProduction(db), db.Journal(), db.NewID)
	})
}

func TestConformance_Journal(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Journal(t, func(t *testing.T) recordtest.JournalStore { return open(t).Journal() })
	})
}

// tagStore gives the embedded store a name that hides no method.
type tagStore = equipment.Tags

type plantAndTags struct {
	shop.Plants
	tagStore
}

func TestConformance_Plants(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Plants(t, func(t *testing.T) recordtest.PlantStore {
			db := open(t)
			return plantAndTags{shop.NewPlants(db), shop.NewTags(db)}
		})
	})
}

func TestConformance_Tags(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Tags(t, func(t *testing.T) equipment.Tags { return shop.NewTags(open(t)) })
	})
}

func TestConformance_Figures(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Figures(t, func(t *testing.T) figure.Store { return shop.NewFigures(open(t)) })
	})
}

func TestConformance_Diagnoses(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Diagnoses(t, func(t *testing.T) diagnosis.Store { return programme.NewDiagnoses(open(t)) })
	})
}

func TestConformance_Evaluations(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Evaluations(t, func(t *testing.T) evaluation.Store { return programme.NewEvaluations(open(t)) })
	})
}

func TestConformance_Benchmarks(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Benchmarks(t, func(t *testing.T) benchmark.Store { return programme.NewBenchmarks(open(t)) })
	})
}

func TestConformance_Access(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Access(t, func(t *testing.T) access.Store { return open(t).Access() })
	})
}

func TestConformance_Rules(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Rules(t, func(t *testing.T) discovery.Rules { return shop.NewRules(open(t)) })
	})
}

func TestConformance_Registers(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Registers(t, func(t *testing.T) recordtest.RegisterStore { return programme.NewRegisters(open(t)) })
	})
}

func TestConformance_Kept(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Kept(t, func(t *testing.T, codes enterprise.Codes) recordtest.KeptStores {
			db := open(t)
			return recordtest.KeptStores{Registers: programme.NewRegisters(db), Firms: programme.NewFirms(db, codes), Machines: programme.NewMachines(db)}
		})
	})
}

func TestConformance_Reports(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Reports(t, func(t *testing.T) reporting.Store { return programme.NewReports(open(t)) })
	})
}

func TestConformance_Machines(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Machines(t, programme.NewMachines(open(t)))
	})
}

func TestConformance_Suspicions(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Suspicions(t, programme.NewMachines(db), programme.NewFirms(db, recordtest.Codes(t)))
	})
}

func TestConformance_Sharing(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) { recordtest.Sharing(t, nodes.New(open(t))) })
}

func TestConformance_Firms(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Firms(t, func(t *testing.T, codes enterprise.Codes) recordtest.FirmStore {
			return programme.NewFirms(open(t), codes)
		})
	})
}

func TestConformance_Tenants(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		recordtest.Tenants(t, func(t *testing.T) tenant.Store { return sector.NewTenants(open(t)) })
	})
}

func TestConformance_Refold(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		recordtest.Refold(t, shop.NewProduction(db), shop.NewMaterial(db), db.NewID, data.FS)
	})
}
