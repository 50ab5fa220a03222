package check_test

import (
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// built are the objects of a kustomization, as `kubectl kustomize` makes them.
func built(t *testing.T, folder string) (all []any) {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join("..", "kubernetes", folder))
	if err != nil {
		t.Fatal(err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range documents(t, text) {
		all = append(all, decode(t, folder, document))
	}
	return all
}

// TestOverlay looks at what the overlay changes, and at selectors, which kustomize must not have changed.
func TestOverlay(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, object := range built(t, "overlays/production") {
		switch o := object.(type) {
		case *appsv1.Deployment:
			seen[o.Name] = true
			if o.Namespace != "shop" || !strings.HasSuffix(o.Spec.Template.Spec.Containers[0].Image, ":1.0.0") {
				t.Errorf("%s: namespace %s, image %s", o.Name, o.Namespace, o.Spec.Template.Spec.Containers[0].Image)
			}
			if labels := o.Spec.Template.Labels; labels["app.kubernetes.io/part-of"] != "millrace" ||
				o.Spec.Selector.MatchLabels["app.kubernetes.io/part-of"] != "" {
				t.Errorf("%s: labels %v, selector %v", o.Name, labels, o.Spec.Selector.MatchLabels)
			}
			memory(t, o)
		case *policyv1.PodDisruptionBudget:
			seen["budget "+o.Name] = true
		case *autoscalingv2.HorizontalPodAutoscaler:
			if *o.Spec.MinReplicas > o.Spec.MaxReplicas {
				t.Errorf("%s scales from %d to %d", o.Name, *o.Spec.MinReplicas, o.Spec.MaxReplicas)
			}
		}
	}
	for name, wanted := range map[string]bool{"shop": true, "push": true, "budget shop": true, "outbox-relay": false, "budget outbox-relay": false} {
		if seen[name] != wanted {
			t.Errorf("the overlay has %s: %t", name, seen[name])
		}
	}
}

// memory holds the limit of Go's heap below that of the container.
func memory(t *testing.T, o *appsv1.Deployment) {
	t.Helper()
	c := o.Spec.Template.Spec.Containers[0]
	for _, variable := range c.Env {
		if variable.Name != "GOMEMLIMIT" {
			continue
		}
		heap := resource.MustParse(strings.TrimSuffix(variable.Value, "B"))
		if share := float64(heap.Value()) / float64(c.Resources.Limits.Memory().Value()); share < 0.7 || share > 0.9 {
			t.Errorf("%s: GOMEMLIMIT is %.2f of the limit", o.Name, share)
		}
		return
	}
	t.Errorf("%s has no GOMEMLIMIT", o.Name)
}

// TestPodsAreConfined looks at each pod of base and overlay, and at who may speak to it.
func TestPodsAreConfined(t *testing.T) {
	t.Parallel()
	pods := 0
	for _, folder := range []string{"base", "overlays/production"} {
		denied := false
		for _, object := range built(t, folder) {
			switch o := object.(type) {
			case *appsv1.Deployment:
				pods++
				confined(t, o)
				memory(t, o)
			case *networkingv1.NetworkPolicy:
				denied = denied || len(o.Spec.Ingress) == 0 && len(o.Spec.Egress) == 0 && len(o.Spec.PolicyTypes) == 2
			}
		}
		if !denied {
			t.Errorf("%s: nothing denies what is not named", folder)
		}
	}
	if pods != 5 {
		t.Errorf("%d kinds of pods", pods)
	}
}

func confined(t *testing.T, o *appsv1.Deployment) {
	t.Helper()
	pod := o.Spec.Template.Spec
	c := pod.Containers[0]
	own := c.SecurityContext
	switch {
	case pod.ServiceAccountName == "" || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken:
		t.Errorf("%s has a token", o.Name)
	case pod.SecurityContext == nil || !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0 ||
		pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault:
		t.Errorf("%s: %+v", o.Name, pod.SecurityContext)
	case own == nil || !*own.ReadOnlyRootFilesystem || *own.AllowPrivilegeEscalation || len(own.Capabilities.Drop) != 1 ||
		own.Capabilities.Drop[0] != "ALL":
		t.Errorf("%s: %+v", o.Name, own)
	case c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero():
		t.Errorf("%s: %+v", o.Name, c.Resources)
	case len(pod.TopologySpreadConstraints) != 2 || *pod.TerminationGracePeriodSeconds < 30:
		t.Errorf("%s: %+v, %d s", o.Name, pod.TopologySpreadConstraints, *pod.TerminationGracePeriodSeconds)
	}
	for path, probe := range map[string]*corev1.Probe{"/startupz": c.StartupProbe, "/livez": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.TimeoutSeconds < 3 { // a check has two
			t.Errorf("%s: %s: %+v", o.Name, path, probe)
		}
	}
}
