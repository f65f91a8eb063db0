extension GPUEngine {
  /// The tuned configuration of a kernel on this device, else its default.
  func configuration(_ tunable: Tunable) -> TuningCandidate {
    let hasTensorCores = properties.hasTensorCores && usesTensorCores
    if let chosen = configurations[tunable.name], hasTensorCores || !chosen.needsTensorCores {
      return chosen
    }
    let standard = tunable.candidates(forCPUType: isCPUType).first {
      hasTensorCores || !$0.needsTensorCores
    }
    guard let standard else {
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
