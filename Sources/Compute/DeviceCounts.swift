internal import CUDA
internal import OpenCL

/// Commands and traffic of a device since it was opened; subtract two values for an interval.
package struct DeviceCounts: Sendable, Equatable {
  /// Kernel launches, without those of graphs.
  package var launches = 0
  /// Launches of graphs, each of many kernels and copies.
  package var graphLaunches = 0
  /// Copies and fills from device memory to device memory, without those of graphs.
  package var copies = 0
  /// Times that the host waited for the device.
  package var hostWaits = 0
  /// Bytes from the host to the device.
  package var uploadedBytes = 0
  /// Bytes from the device to the host.
  package var downloadedBytes = 0

  init() {}

  init(_ traffic: QueueTraffic) {
    copies = traffic.copies
    hostWaits = traffic.hostWaits
    uploadedBytes = traffic.uploadedBytes
    downloadedBytes = traffic.downloadedBytes
  }

  init(_ traffic: StreamTraffic) {
    copies = traffic.copies
    hostWaits = traffic.hostWaits
    uploadedBytes = traffic.uploadedBytes
    downloadedBytes = traffic.downloadedBytes
  }

  /// The counts since `before`.
  package static func - (after: DeviceCounts, before: DeviceCounts) -> DeviceCounts {
    var between = DeviceCounts()
    between.launches = after.launches - before.launches
    between.graphLaunches = after.graphLaunches - before.graphLaunches
    between.copies = after.copies - before.copies
    between.hostWaits = after.hostWaits - before.hostWaits
    between.uploadedBytes = after.uploadedBytes - before.uploadedBytes
    between.downloadedBytes = after.downloadedBytes - before.downloadedBytes
    return between
  }
}
