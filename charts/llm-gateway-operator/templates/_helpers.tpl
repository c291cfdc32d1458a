{{/* Names are fixed: there is one lease in a namespace, so one release. A second one is refused by helm, and rightly. */}}
{{- define "operator.name" -}}
llm-gateway-operator
{{- end }}

{{- define "operator.labels" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}

{{/* Gateways admit pushes from pods with this label. */}}
{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
{{- end }}

{{- define "operator.image" -}}
{{- $path := .image.repository -}}
{{- with .root.Values.registry -}}
{{- $path = printf "%s/%s" (trimSuffix "/" .) $path -}}
{{- end -}}
{{- if .image.digest -}}
{{ $path }}@{{ .image.digest }}
{{- else -}}
{{ $path }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "operator.subjects" -}}
- kind: ServiceAccount
  name: {{ .Values.serviceAccount.name | quote }}
  namespace: {{ .Release.Namespace | quote }}
{{- end }}

{{/* What the operator may do in each namespace that it watches: operator/Hosting/Permissions.cs, as config/rbac/role.yaml. */}}
{{- define "operator.rules" -}}
- apiGroups: [""]
  resources: [persistentvolumeclaims, secrets, services]
  verbs: [create, get, list, patch, watch]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create, get, list, patch, watch]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [llmgateway.dev]
  resources: [budgets, llmgateways, modelroutes, virtualkeys]
  verbs: [get, list, watch]
- apiGroups: [llmgateway.dev]
  resources: [budgets/status, llmgateways/status, modelroutes/status, virtualkeys/status]
  verbs: [patch]
- apiGroups: [llmgateway.dev]
  resources: [llmgateways/finalizers, virtualkeys/finalizers]
  verbs: [update]
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, networkpolicies]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [create, delete, get, list, patch, watch]
{{- end }}

{{/* Of the ConfigMap with the first gateway. */}}
{{- define "operator.gateway" -}}
llm-gateway-first
{{- end }}

{{/* The objects of the first gateway, as the operator applies them in its own namespace. */}}
{{- define "operator.manifests" -}}
{{- $gateway := .Values.gateway -}}
{{- $reference := dict "name" $gateway.name -}}
{{- include "operator.manifest" (dict "kind" "LlmGateway" "name" $gateway.name "spec" ($gateway.spec | default dict)) }}
{{- range $name, $spec := $gateway.routes }}
{{- if $spec }}
{{ include "operator.manifest" (dict "kind" "ModelRoute" "name" $name "spec" (merge (dict "gatewayRefs" (list $reference)) $spec)) }}
{{- end }}
{{- end }}
{{- range $name, $spec := $gateway.keys }}
{{- if $spec }}
{{ include "operator.manifest" (dict "kind" "VirtualKey" "name" $name "spec" (merge (dict "gatewayRef" $reference) $spec)) }}
{{- end }}
{{- end }}
{{- range $name, $spec := $gateway.budgets }}
{{- if $spec }}
{{ include "operator.manifest" (dict "kind" "Budget" "name" $name "spec" (merge (dict "gatewayRef" $reference) $spec)) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "operator.manifest" -}}
---
apiVersion: llmgateway.dev/v1alpha1
kind: {{ .kind }}
metadata:
  name: {{ .name | quote }}
spec: {{- toYaml .spec | nindent 2 }}
{{- end }}
