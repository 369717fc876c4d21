/** The time zone of this machine, or of this process where TZ names another. */

/** An IANA name; "UTC" where the system names none, or one that its own calendars do not know. */
export function localTimeZone(): string {
  try {
    // Asked again by its name: for an unknown TZ there is none, whatever the types say.
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    const named: string | undefined = new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions()
      .timeZone;
    return named ?? 'UTC';
  } catch {
    return 'UTC';
  }
}
