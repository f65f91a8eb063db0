import Testing

/// Every suite that opens a device stands in here: PoCL's start fails at times when two threads race for it.
@Suite(.serialized) enum DeviceTests {}
