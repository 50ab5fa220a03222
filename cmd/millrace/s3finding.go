package main

import (
	"context"
)

func (g *global) diagnoseS3(ctx context.Context) []finding {
	const server = "s3"
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	store, err := g.openS3()
	if err != nil {
		return unreachable(server, err)
	}
	defer store.Close()
	if err := store.Ping(ctx); err != nil {
		return unreachable(server, err)
	}
	findings := []finding{{Severity: fine, Server: server, Subject: "connection", Found: "answers at " + store.String()}}
	found, err := store.Settings(ctx)
	if err != nil {
		return append(findings, finding{
			Severity: advice, Server: server, Subject: "settings of the bucket", Found: err.Error(), Recommended: "readable",
			Change: "allow s3:GetBucketVersioning and s3:GetLifecycleConfiguration to have them checked",
		})
	}
	findings = append(findings, judge(!found.Versioned || found.Cleaned, finding{
		Severity: advice, Server: server, Subject: "old versions", Found: "kept for ever", Recommended: "none, or a rule that ends them",
		Reason: "payloads that were deleted stay, those of tenants that are forgotten too",
		Change: "add a lifecycle rule for noncurrent versions, or suspend versioning",
	}))
	if len(found.Expiries) == 0 {
		return findings
	}
	return append(findings, g.expiryFinding(ctx, store, found.Expiries))
}
