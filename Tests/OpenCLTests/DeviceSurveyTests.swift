import Testing

@testable import OpenCL

/// Surveys of platforms that are made up: a number of devices, or a failure.
@Suite struct DeviceSurveyTests {
  private static let broken = OpenCLError(call: "clGetDeviceInfo", status: -6)

  /// `platforms` says which devices answer; nil is a platform that does not list any.
  private func survey(_ platforms: [[Bool]?]) -> DeviceSurvey {
    DeviceSurvey(
      of: platforms,
      devices: { platform throws(OpenCLError) in
        guard let platform else { throw Self.broken }
        return platform
      },
      describe: { platform, device, handles throws(OpenCLError) in
        guard handles.device else { throw Self.broken }
        return DeviceDescription(
          platformIndex: platform, deviceIndex: device, platform: "platform", name: "device",
          uuid: nil, vendor: "", version: "", driver: "", kind: .gpu, computeUnits: 1, clock: 1,
          sharesHostMemory: false, memory: 1, largestBuffer: 1, localMemory: 1, workGroupSize: 1,
          subGroupSizes: [])
      })
  }

  @Test func whatFailsHidesNothingElseAndMovesNoPlace() {
    let survey = survey([nil, [true, false, true], [], [true]])
    #expect(
      survey.found.map { [$0.platformIndex, $0.deviceIndex] } == [[1, 0], [1, 2], [3, 0]])
    #expect(
      survey.failures == [
        .init(platform: 0, device: nil, error: Self.broken),
        .init(platform: 1, device: 1, error: Self.broken),
      ])
    #expect(
      survey.failures.map(\.description) == [
        "OpenCL platform 0 does not answer: clGetDeviceInfo: CL_OUT_OF_HOST_MEMORY",
        "opencl:1.1 does not answer: clGetDeviceInfo: CL_OUT_OF_HOST_MEMORY",
      ])
  }

  @Test func aPlaceThatFailedIsTold() {
    let survey = survey([nil, [true, false]])
    #expect(survey.failure(platform: 0, device: 3)?.device == nil)
    #expect(survey.failure(platform: 0, device: 3) != nil)
    #expect(survey.failure(platform: 1, device: 1)?.device == 1)
    #expect(survey.failure(platform: 1, device: 0) == nil)
    #expect(survey.failure(platform: 2, device: 0) == nil)
  }

  @Test func noPlatformIsNoFailure() {
    let survey = survey([])
    #expect(survey.found.isEmpty && survey.failures.isEmpty)
  }

  /// Both are needed: shuffles, and a size that a kernel can require.
  @Test(arguments: [
    ("cl_khr_fp64 cl_intel_subgroups cl_intel_required_subgroup_size", true),
    ("cl_intel_required_subgroup_size cl_khr_subgroup_shuffle", true),
    ("cl_intel_subgroups cl_khr_subgroup_shuffle", false),
    ("cl_intel_required_subgroup_size cl_khr_subgroups cl_intel_subgroups_short", false),
    ("cl_khr_icd cl_nv_compiler_options", false), ("", false),
  ])
  func subGroupsNeedShufflesAndARequiredSize(extensions: String, expected: Bool) {
    #expect(DeviceDescription.hasSubGroups(extensions) == expected)
  }
}
