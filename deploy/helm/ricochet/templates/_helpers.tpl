{{/* Name of everything of this release. */}}
{{- define "ricochet.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (default .Chart.Name .Values.nameOverride) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects pods of this release; it cannot be changed by an upgrade. */}}
{{- define "ricochet.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ricochet.labels" -}}
{{ include "ricochet.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "ricochet.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "ricochet.secret" -}}
{{ .Values.secret.existing | default (include "ricochet.fullname" .) }}
{{- end -}}

{{- define "ricochet.serviceAccount" -}}
{{ .Values.serviceAccount.existing | default (include "ricochet.fullname" .) }}
{{- end -}}

{{/* The pod's side of running without any right; the number is the image's user. */}}
{{- define "ricochet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
# Makes the secret readable for this user.
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "ricochet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* The environment that every process has. */}}
{{- define "ricochet.environment" -}}
- name: RICOCHET__KAFKA__INSTANCE
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: RICOCHET__IDENTITY__SECRET_FILE
  value: /etc/ricochet/secret/secret
- name: RICOCHET__HTTP__TOKEN_FILE
  value: /etc/ricochet/secret/tokens
- name: RICOCHET__HTTP__LISTEN
  value: 0.0.0.0:8080
{{- with .Values.environment }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ricochet.environmentFrom" -}}
{{- range .Values.environmentSecrets }}
- secretRef: { name: {{ . }} }
{{- end }}
{{- end -}}

{{- define "ricochet.mounts" -}}
- name: config
  mountPath: /etc/ricochet/config
  readOnly: true
- name: secret
  mountPath: /etc/ricochet/secret
  readOnly: true
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ricochet.volumes" -}}
- name: config
  configMap: { name: {{ include "ricochet.fullname" . }} }
- name: secret
  secret:
    secretName: {{ include "ricochet.secret" . }}
    defaultMode: 0440
    items:
      - { key: secret, path: secret }
      - { key: tokens, path: tokens }
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
