extension OpenCLEngine {
  /// The constants that a kernel is built with here: the device's tuning, or the defaults.
  func configuration(_ tunable: Tunable) -> TuningCandidate {
    if let chosen = configurations[tunable.name] { return chosen }
    guard let standard = tunable.candidates(forCPUType: isCPUType).first else {
      preconditionFailure("\(tunable.name) has no body for this type of device")
    }
    return standard
  }

  /// What a tuning of this device is for.
  var target: TuningTarget {
    TuningTarget(description: context.description, isCPUType: isCPUType)
  }

  /// The work-group's size in a choice.
  func lanes(_ tunable: Tunable) -> Lanes { Lanes(count: configuration(tunable).items) }

  /// The work-group's size in a choice, and the elements that it goes along.
  func lanesAndSpan(_ tunable: Tunable) -> (lanes: Lanes, span: KernelOption) {
    let configuration = configuration(tunable)
    guard let span = configuration.constants.first(where: { $0.name == "SPAN" }) else {
      preconditionFailure("\(tunable.name) has no SPAN")
    }
    return (Lanes(count: configuration.items), span)
  }
}
