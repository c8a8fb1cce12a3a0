package adminapitest

import (
	"context"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Sample says that a company with real targets plays no sample.
func (s *Service) Sample(context.Context) (adminapi.Sample, error) {
	return adminapi.Sample{State: "off", Problem: realCompany()}, nil
}

func realCompany() *run.Problem {
	return &run.Problem{
		Code: adminapi.Conflict, What: "The sample company does not play here.", Why: "This Muster has sources and targets of its own.", Now: "Nothing was started.", Fix: "Play it in a folder of its own: `muster demo`.",
	}
}

// StartSample is refused.
func (s *Service) StartSample(context.Context, access.Caller) (adminapi.Sample, error) {
	return adminapi.Sample{}, realCompany()
}

// EndSample ends nothing: nothing plays.
func (s *Service) EndSample(_ context.Context, by access.Caller) error {
	s.note(by, "end sample")
	return nil
}
