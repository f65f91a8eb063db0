internal import OpenCL

/// The devices of this machine that a selection allows, the preferred one first.
package struct DeviceCandidates {
  enum Found {
    case cpu
    /// The CUDA devices from one on.
    case cuda(CUDASurvey, from: Int)
    /// At least one.
    case opencl([OpenCL.DeviceDescription])
  }

  let found: Found
  /// The GPUs, of which each rank of a host takes another one, by what identifies them in every
  /// process; nil where the driver does not say. Empty where there is none, and where the selection
  /// names one device, which is that of all ranks.
  package let gpus: [UInt128?]

  /// Opens the device with an index among ``gpus``; without any, 0 is the only one.
  ///
  /// - Parameters:
  ///   - index: of the GPU among ``gpus``.
  ///   - threads: of the CPU path; nil for one per core.
  ///   - isProfiling: whether events have times.
  ///   - tunings: the store of tuned configurations of GPUs.
  /// - Throws: `.unknownDevice` if there is no such device; `.threads`; `.cuda` with the way to get
  ///   a library that is missing; driver errors.
  package func open(
    _ index: Int = 0, threads: Int? = nil, isProfiling: Bool = false,
    tunings: TuningStore = .user
  ) throws(ComputeError) -> Device {
    switch found {
    case .cpu: return try Device(cpuThreads: threads)
    case .cuda(let survey, let first):
      return try survey.open(first + index, isProfiling: isProfiling, tunings: tunings)
    case .opencl(let devices):
      return try Device(opencl: devices[index], isProfiling: isProfiling, tunings: tunings)
    }
  }
}

extension DeviceSelection {
  /// The devices that the selection allows.
  ///
  /// - Throws: `.unknownDevice` if there is none; `.cuda` with the way to get a library that is
  ///   missing; driver errors.
  package func candidates() throws(ComputeError) -> DeviceCandidates {
    try candidates(
      cuda: CUDASurvey.init, opencl: { () throws(OpenCLError) in try DeviceSurvey() })
  }

  /// The devices that the selection allows, of those that the surveys find. OpenCL is only surveyed
  /// where CUDA does not serve, since it would find the same card again, and where a refusal names
  /// all devices.
  func candidates(
    cuda: () -> CUDASurvey, opencl: () throws(OpenCLError) -> DeviceSurvey
  ) throws(ComputeError) -> DeviceCandidates {
    switch self {
    case .cpu: return .cpu
    case .cuda: return try .cuda(cuda())
    case .cudaDevice(let index):
      let survey = cuda()
      do {
        try survey.libraries(of: index)
      } catch .unknownDevice(let asked, let found) {
        throw .unknownDevice(asked: asked, found: found + ((try? opencl())?.names ?? []))
      }
      return DeviceCandidates(found: .cuda(survey, from: index), gpus: [])
    case .automatic:
      let survey = cuda()
      if survey.isUsable { return try .cuda(survey) }
    case .opencl, .openclDevice: break
    }
    let survey: DeviceSurvey
    do throws(OpenCLError) {
      survey = try opencl()
    } catch {
      // `auto` only needs to know whether there is a GPU: with a broken loader there is none.
      if self == .automatic { return .cpu }
      throw .driver(error)
    }
    do {
      return try candidates(among: survey)
    } catch .unknownDevice(let asked, let found) {
      throw .unknownDevice(asked: asked, found: cuda().names + found)
    }
  }

  /// The OpenCL devices that the selection allows, or the CPU path.
  func candidates(among survey: DeviceSurvey) throws(ComputeError) -> DeviceCandidates {
    let devices = try devices(among: survey)
    guard !devices.isEmpty else { return .cpu }
    let isShared = (self == .automatic || self == .opencl) && devices[0].kind == .gpu
    return DeviceCandidates(found: .opencl(devices), gpus: isShared ? devices.map(\.uuid) : [])
  }
}

extension DeviceCandidates {
  fileprivate static let cpu = DeviceCandidates(found: .cpu, gpus: [])

  /// All devices of CUDA, of which there must be one.
  fileprivate static func cuda(_ survey: CUDASurvey) throws(ComputeError) -> DeviceCandidates {
    try survey.libraries(of: 0)
    return DeviceCandidates(found: .cuda(survey, from: 0), gpus: survey.devices.map(\.uuid))
  }
}
