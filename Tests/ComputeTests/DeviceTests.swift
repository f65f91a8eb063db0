import Testing

/// Parent of every suite that opens a device: PoCL's start sometimes fails when two threads race.
@Suite(.serialized) enum DeviceTests {}
