// Package console wires what millrace looks at to the admin API and page of package httpapi/admin: health, consumer groups, shards, outbox, dead
// letters, sagas, machines, jobs, webhooks, topics, push connections, its own audit, and the configuration. It finds partition groups, queues and
// webhooks by their changelogs, so it shows those of every application on the cluster.
//
// # Guarantees
//
//   - G1: what is named like a secret, an address's password and its unknown parameters are not shown. Test: TestSettings.
//   - G2: a token is known by its digest, with roles and tenant; a file that is not understood is refused, and nothing of it told. Test: TestTokens.
//   - G3: what is done and refused is in the audit topic, as CloudEvents, and in the section of the audit. Test: TestAudit.
//   - G4: a dead letter is given back to its group once, or to where it came from for groups without a retry topic; or forgotten. Test: TestLetters.
//   - G5: on a cluster where nothing has run every section says that there is nothing. Test: TestEmpty.
//   - G6: a changelog is not read again before something is written to it. Test: TestKept.
//   - G7: credentials of a tenant see its own rows in each section, and nothing of sections that are no tenant's. Test: TestSectionsOfTenants.
//   - G8: beside a file's tokens those of an identity provider are taken, and neither knows of the other's. Test: TestEither.
package console
