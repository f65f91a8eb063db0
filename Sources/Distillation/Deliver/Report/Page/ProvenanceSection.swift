import JSON

/// How a run was made: model, context, options, device and version.
struct ProvenanceSection {
  let run: RunReport

  private var metrics: RunMetrics { run.metrics }

  var section: Markup {
    PageSection.titled("How it was made") {
      PageSection.definitions(facts)
      if let origin = metrics.origin { options(origin) }
    }
  }

  private var facts: [(term: String, text: String?)] {
    let origin = metrics.origin
    return [
      ("run", run.name), ("model", model),
      ("LoRA in its weights", origin?.lora?.joined(separator: ", ")),
      ("model's fingerprint", origin?.modelFingerprint),
      ("teacher", origin?.teacher.map(teacher)),
      ("teacher's fingerprint", origin?.teacher?.fingerprint),
      ("context", origin?.context), ("tools", origin?.tools?.joined(separator: ", ")),
      ("SHA-256 of its tokens", origin?.contextDigest),
      ("seed", "\(metrics.seed)"), ("peak learning rate", origin?.peakRates?.text),
      ("steps", steps),
      ("rollouts", metrics.rollouts?.text), ("device", device), ("time", time),
      ("memory", memory), ("rounding", rounding), ("version", version),
    ]
  }

  private var model: String? {
    metrics.origin.map { origin in
      origin.model + (origin.revision.map { " at \($0)" } ?? "")
    }
  }

  /// The model that read the context, and over which tokens it is compared.
  private func teacher(_ record: TeacherRecord) -> String {
    "\(record.reference)\(record.precision.map { " in \($0)" } ?? ""), compared over "
      + "\(Counted(record.vocabulary, "token id"))"
  }

  private var steps: String? {
    metrics.origin.map { "\($0.steps); the prompt is that of step \($0.bestStep)" }
  }

  private var version: String? {
    metrics.origin.map { "Pith \($0.version), \($0.date)" }
  }

  private var device: String {
    let threads = metrics.threads.map { ", \(Counted($0, "thread"))" } ?? ""
    let tuned =
      metrics.tunedKernels > 0 ? ", \(Counted(metrics.tunedKernels, "tuned kernel"))" : ""
    return metrics.device + threads + tuned
  }

  private var time: String {
    let timing = metrics.timing
    return "\(Decimals.duration(timing.trainSeconds)) of training after "
      + "\(Decimals.duration(timing.teacherSeconds)) of the teacher; a step took "
      + "\(Decimals.significant(timing.stepSecondsMedian, 3)) s"
  }

  private var memory: String {
    let memory = metrics.memory
    return "\(Decimals.bytes(memory.peakHostBytes)) at most, "
      + "\(Decimals.bytes(memory.teacherCacheBytes)) of it or of the device the teacher's cache"
  }

  private var rounding: String? {
    let parts = [
      metrics.rounding.weights.map { "weights \(Decimals.significant($0, 3))" },
      metrics.rounding.activations.map { "activations \(Decimals.significant($0, 3))" },
    ].compactMap(\.self)
    return parts.isEmpty ? nil : "relative error of the logits: \(parts.joined(separator: ", "))"
  }

  private func options(_ origin: RunMetrics.Origin) -> Markup {
    Tag.details {
      Tag.summary { "All options, as a configuration file states them" }
      Tag.preformatted {
        Tag.code {
          origin.options.pageSettings.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        }
      }
      for change in origin.changes ?? [] {
        Tag.paragraph {
          "Started with \(change.before); \(change.after) since step \(change.step + 1)."
        }
      }
    }
  }
}
