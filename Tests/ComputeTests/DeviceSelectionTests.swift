import Testing

@testable import Compute
@testable import OpenCL

/// Device selection on a simulated list of devices.
@Suite struct DeviceSelectionTests {
  private static let broken = OpenCLError(call: "clGetDeviceInfo", status: -6)

  private func device(
    _ name: String, _ kind: DeviceDescription.Kind = .gpu, units: Int = 8, clock: Int = 1000,
    sharesHostMemory: Bool = false
  ) -> DeviceDescription {
    DeviceDescription(
      platformIndex: 0, deviceIndex: 0, platform: "platform", name: name, vendor: "", version: "",
      driver: "", kind: kind, computeUnits: units, clock: clock,
      sharesHostMemory: sharesHostMemory, memory: 1 << 30, largestBuffer: 1 << 28,
      localMemory: 32 << 10, workGroupSize: 256)
  }

  /// One platform that has these devices; nil is one that does not answer.
  private func survey(_ devices: [DeviceDescription?]) -> DeviceSurvey {
    DeviceSurvey(
      of: [devices], devices: { $0 },
      describe: { _, index, handles throws(OpenCLError) in
        guard let described = handles.device else { throw Self.broken }
        return DeviceDescription(
          platformIndex: 0, deviceIndex: index, platform: described.platform,
          name: described.name, vendor: "", version: "", driver: "", kind: described.kind,
          computeUnits: described.computeUnits, clock: described.clock,
          sharesHostMemory: described.sharesHostMemory, memory: described.memory,
          largestBuffer: described.largestBuffer, localMemory: described.localMemory,
          workGroupSize: described.workGroupSize)
      })
  }

  @Test func theFastestGPUIsTaken() throws {
    let cpu = device("cpu", .cpu, units: 500)
    let integrated = device("integrated", units: 900, sharesHostMemory: true)
    let (small, large) = (device("small"), device("large", units: 132, clock: 1980))
    let (slow, fast) = (device("slow", units: 16), device("fast", units: 10, clock: 2000))
    for (devices, expected) in [
      ([cpu, integrated, small], "small"), ([small, large], "large"), ([large, small], "large"),
      ([cpu, integrated], "integrated"), ([slow, fast], "fast"),
      ([device("first"), device("second")], "first"),
    ] {
      for selection in [DeviceSelection.automatic, .opencl] {
        #expect(try selection.device(among: survey(devices))?.name == expected)
      }
    }
    #expect(try DeviceSelection.automatic.device(among: survey([cpu])) == nil)
    #expect(try DeviceSelection.opencl.device(among: survey([cpu]))?.name == "cpu")
    #expect(try DeviceSelection.cpu.device(among: survey([large])) == nil)
  }

  /// A driver without a clock rate, or with none that is known, still has its compute units
  /// counted.
  @Test func compareWithoutAClockRate() throws {
    let devices = [device("few", units: 4, clock: 0), device("many", units: 64, clock: 0)]
    #expect(try DeviceSelection.automatic.device(among: survey(devices))?.name == "many")
  }

  @Test func aDeviceBehindOneThatFailsKeepsItsPlace() throws {
    let survey = survey([nil, device("good")])
    #expect(try DeviceSelection.automatic.device(among: survey)?.name == "good")
    #expect(
      try DeviceSelection.openclDevice(platform: 0, device: 1).device(among: survey)?.name == "good"
    )
    #expect(throws: ComputeError.driver(Self.broken)) {
      try DeviceSelection.openclDevice(platform: 0, device: 0).device(among: survey)
    }
    #expect(
      throws: ComputeError.unknownDevice(asked: "opencl:0.2", found: ["opencl:0.1"])
    ) { try DeviceSelection.openclDevice(platform: 0, device: 2).device(among: survey) }
  }

  @Test func whereNothingAnswersTheFailureIsTold() throws {
    let survey = survey([nil])
    #expect(throws: ComputeError.driver(Self.broken)) {
      try DeviceSelection.opencl.device(among: survey)
    }
    #expect(try DeviceSelection.automatic.device(among: survey) == nil)
  }

  @Test func namesAreReadAndWritten() {
    #expect(DeviceSelection("cuda") == .cuda)
    #expect(DeviceSelection("cuda:2") == .cudaDevice(2))
    for text in ["auto", "cpu", "cuda", "cuda:1", "opencl", "opencl:0.1"] {
      #expect(DeviceSelection(text)?.description == text)
    }
    for text in ["cuda:", "cuda:-1", "cuda:0.1", "cuda0", "opencl:0"] {
      #expect(DeviceSelection(text) == nil, "\(text)")
    }
  }
}
