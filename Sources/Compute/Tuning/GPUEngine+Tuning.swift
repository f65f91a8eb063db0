extension GPUEngine {
  /// The tuned configuration of a kernel on this device, else its default.
  func configuration(_ tunable: Tunable) -> TuningCandidate {
    if let tuned = configurations[tunable.name] { return tuned }
    let candidates = tunable.candidates(forCPUType: isCPUType)
    let preferred =
      prefersTensorCores && properties.hasTensorCores
      ? candidates.first { $0.needsTensorCores } : nil
    guard let standard = preferred ?? candidates.first else {
      preconditionFailure("\(tunable.name) has no body for this type of device")
    }
    return standard
  }

  /// The device and variant that a tuning of this engine is for.
  var target: TuningTarget {
    TuningTarget(properties: properties, isCPUType: isCPUType)
  }

  /// The work-group size of a configuration.
  func lanes(_ tunable: Tunable) -> Lanes { Lanes(count: configuration(tunable).items) }

  /// The work-group size of a configuration, and the elements per work-group.
  func lanesAndSpan(_ tunable: Tunable) -> (lanes: Lanes, span: KernelOption) {
    let configuration = configuration(tunable)
    guard let span = configuration.constants.first(where: { $0.name == "SPAN" }) else {
      preconditionFailure("\(tunable.name) has no SPAN")
    }
    return (Lanes(count: configuration.items), span)
  }
}
