import CUDA
import Foundation
import TestSupport
import Testing

@testable import Compute
@testable import OpenCL

/// Device selection on a simulated list of devices.
@Suite struct DeviceSelectionTests {
  private static let broken = OpenCLError(call: "clGetDeviceInfo", status: -6)

  private func device(
    _ name: String, _ kind: OpenCL.DeviceDescription.Kind = .gpu, units: Int = 8, clock: Int = 1000,
    sharesHostMemory: Bool = false, uuid: UInt128? = nil
  ) -> OpenCL.DeviceDescription {
    OpenCL.DeviceDescription(
      platformIndex: 0, deviceIndex: 0, platform: "platform", name: name, uuid: uuid,
      vendor: "", version: "", driver: "", kind: kind, computeUnits: units, clock: clock,
      sharesHostMemory: sharesHostMemory, memory: 1 << 30, largestBuffer: 1 << 28,
      localMemory: 32 << 10, workGroupSize: 256, subGroupSizes: [])
  }

  /// One platform that has these devices; nil is one that does not answer.
  private func survey(_ devices: [OpenCL.DeviceDescription?]) -> DeviceSurvey {
    DeviceSurvey(
      of: [devices], devices: { $0 },
      describe: { _, index, handles throws(OpenCLError) in
        guard let described = handles.device else { throw Self.broken }
        return OpenCL.DeviceDescription(
          platformIndex: 0, deviceIndex: index, platform: described.platform,
          name: described.name, uuid: described.uuid, vendor: "", version: "", driver: "",
          kind: described.kind,
          computeUnits: described.computeUnits, clock: described.clock,
          sharesHostMemory: described.sharesHostMemory, memory: described.memory,
          largestBuffer: described.largestBuffer, localMemory: described.localMemory,
          workGroupSize: described.workGroupSize, subGroupSizes: [])
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
        #expect(try selection.devices(among: survey(devices)).first?.name == expected)
      }
    }
    #expect(try DeviceSelection.automatic.devices(among: survey([cpu])).isEmpty)
    #expect(try DeviceSelection.opencl.devices(among: survey([cpu])).first?.name == "cpu")
    #expect(try DeviceSelection.cpu.devices(among: survey([large])).isEmpty)
  }

  /// Ranks share out GPUs; a device of CPU type and a named device are those of all of them.
  @Test func ranksShareOutGPUsAlone() throws {
    let cpu = device("cpu", .cpu)
    let (small, large) = (device("small", uuid: 1), device("large", units: 132, uuid: 2))
    for selection in [DeviceSelection.automatic, .opencl] {
      #expect(try selection.candidates(among: survey([cpu, small, large])).gpus == [2, 1])
      #expect(try selection.candidates(among: survey([cpu])).gpus.isEmpty)
    }
    let named = DeviceSelection.openclDevice(platform: 0, device: 1)
    #expect(try named.candidates(among: survey([cpu, small, large])).gpus.isEmpty)
  }

  /// A driver without a clock rate, or with none that is known, still has its compute units
  /// counted.
  @Test func compareWithoutAClockRate() throws {
    let devices = [device("few", units: 4, clock: 0), device("many", units: 64, clock: 0)]
    #expect(try DeviceSelection.automatic.devices(among: survey(devices)).first?.name == "many")
  }

  @Test func aDeviceBehindOneThatFailsKeepsItsPlace() throws {
    let survey = survey([nil, device("good")])
    #expect(try DeviceSelection.automatic.devices(among: survey).first?.name == "good")
    #expect(
      try DeviceSelection.openclDevice(platform: 0, device: 1).devices(among: survey).first?.name
        == "good"
    )
    #expect(throws: ComputeError.driver(Self.broken)) {
      try DeviceSelection.openclDevice(platform: 0, device: 0).devices(among: survey)
    }
    #expect(
      throws: ComputeError.unknownDevice(asked: "opencl:0.2", found: ["opencl", "opencl:0.1"])
    ) { try DeviceSelection.openclDevice(platform: 0, device: 2).devices(among: survey) }
  }

  @Test func whereNothingAnswersTheFailureIsTold() throws {
    let survey = survey([nil])
    #expect(throws: ComputeError.driver(Self.broken)) {
      try DeviceSelection.opencl.devices(among: survey)
    }
    #expect(try DeviceSelection.automatic.devices(among: survey).isEmpty)
  }

  /// One card has a driver of CUDA and one of OpenCL: `auto` takes it by CUDA, and by OpenCL where
  /// kernels cannot be compiled for CUDA.
  @Test(.enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in of CUDA"))
  func automaticTakesACardByCUDARatherThanByOpenCL() throws {
    func selected(
      _ selection: DeviceSelection, cuda libraries: [String]
    ) throws -> (devices: DeviceCandidates.Found, surveysOpenCL: Bool) {
      let folder = try TemporaryFolder()
      defer { withExtendedLifetime(folder) {} }
      let standIn = try CUDAStandIn.folder.get()
      for name in libraries {
        try FileManager.default.createSymbolicLink(
          at: folder.url.appending(path: name), withDestinationURL: standIn.appending(path: name))
      }
      let cuda = CUDASurvey(
        LibrarySearch(folders: [folder.url.path], usesLoaderPath: false, usual: []))
      var surveysOpenCL = false
      let candidates = try selection.candidates(
        cuda: { cuda },
        opencl: { () throws(OpenCLError) in
          surveysOpenCL = true
          return survey([device("CUDA stand-in", units: 132, clock: 1980)])
        })
      return (candidates.found, surveysOpenCL)
    }
    let both = try selected(.automatic, cuda: CUDAStandIn.names)
    guard case .cuda(let cuda, from: 0) = both.devices else {
      Issue.record("\(both.devices) instead of cuda:0")
      return
    }
    #expect(cuda.devices.first?.name == "CUDA stand-in" && !both.surveysOpenCL)
    #expect(try cuda.open(0, isProfiling: false, tunings: .none).isCUDA)
    for (selection, libraries) in [
      (DeviceSelection.automatic, ["libcuda.so.1"]), (.automatic, []),
      (.opencl, CUDAStandIn.names),
    ] {
      guard case .opencl(let cards) = try selected(selection, cuda: libraries).devices else {
        Issue.record("\(selection) with \(libraries) is not OpenCL")
        continue
      }
      #expect(cards.map(\.name) == ["CUDA stand-in"])
    }
    // Where it is named, nothing takes its place.
    #expect(throws: ComputeError.self) { try selected(.cuda, cuda: []) }
  }

  /// A refusal names the devices of CUDA and of OpenCL, whichever the user named.
  @Test(.enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in of CUDA"))
  func anUnknownDeviceIsRefusedWithAllThereAre() throws {
    let cuda = CUDASurvey(
      LibrarySearch(folders: [try CUDAStandIn.folder.get().path], usesLoaderPath: false, usual: []))
    let none = CUDASurvey(LibrarySearch(folders: [], usesLoaderPath: false, usual: []))
    let (card, nothing) = (survey([nil, device("card")]), survey([]))
    func refusal(
      _ text: String, _ cuda: CUDASurvey, _ opencl: DeviceSurvey?
    ) throws -> String? {
      let selection = try #require(DeviceSelection(text))
      return #expect(throws: ComputeError.self) {
        try selection.candidates(
          cuda: { cuda },
          opencl: { () throws(OpenCLError) in
            guard let opencl else { throw Self.broken }
            return opencl
          })
      }?.description
    }
    for text in ["cuda:9", "opencl:9.9"] {
      #expect(
        try refusal(text, cuda, card)
          == "unknown device '\(text)': expected auto, cpu, cuda, cuda:0, opencl or opencl:0.1")
      #expect(
        try refusal(text, cuda, nothing)
          == "unknown device '\(text)': expected auto, cpu, cuda or cuda:0")
    }
    #expect(
      try refusal("cuda:9", cuda, nil)
        == "unknown device 'cuda:9': expected auto, cpu, cuda or cuda:0")
    #expect(
      try refusal("opencl:9.9", none, card)
        == "unknown device 'opencl:9.9': expected auto, cpu, opencl or opencl:0.1")
    #expect(
      try refusal("opencl", none, nothing)
        == "unknown device 'opencl': expected auto or cpu, found no device of CUDA or OpenCL")
    // Without a driver it says how to get one.
    #expect(try refusal("cuda:9", none, card)?.contains("libcuda.so.1") == true)
  }

  /// A refusal names what there is, and only that.
  @Test(arguments: [
    ("opencl:1.0", [], "expected auto or cpu, found no device of CUDA or OpenCL"),
    (
      "opencl:0.2", ["opencl", "opencl:0.0", "opencl:0.1"],
      "expected auto, cpu, opencl, opencl:0.0 or opencl:0.1"
    ),
    ("cuda:9", ["cuda", "cuda:0"], "expected auto, cpu, cuda or cuda:0"),
  ])
  func anUnknownDeviceIsRefused(asked: String, found: [String], expected: String) {
    #expect(
      ComputeError.unknownDevice(asked: asked, found: found).description
        == "unknown device '\(asked)': \(expected)")
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
