import Testing

/// The parent of every suite that opens a device: PoCL sometimes fails to start when two threads
/// race.
@Suite(.serialized) enum DeviceTests {}
