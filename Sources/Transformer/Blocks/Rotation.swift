internal import Compute

/// The angles of a model's rotary embedding, worked out for as many positions as runs have asked for so far: a table for all
/// that a model could read would take longer than a short training.
final class Rotation {
  private let device: Device
  private let inverseFrequencies: [Float]
  private(set) var table: RotaryTable

  init(_ device: Device, configuration: DecoderConfiguration) throws(ComputeError) {
    self.device = device
    switch configuration.position {
    case .rotary(let parameters): inverseFrequencies = parameters.inverseFrequencies
    case .learned: inverseFrequencies = []
    }
    table = try RotaryTable(device, inverseFrequencies: inverseFrequencies, positions: 256)
  }

  /// Makes sure that positions below `positions` have their angles.
  func reserve(positions: Int) throws(ComputeError) {
    guard positions > table.positions else { return }
    table = try RotaryTable(
      device, inverseFrequencies: inverseFrequencies, positions: max(positions, 2 * table.positions)
    )
  }
}
