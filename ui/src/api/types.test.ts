// The pages' types and the API's own description: a field that the API does
// not have any more fails the type check here, with its name.

import { expect, test } from "vitest";
import type { components } from "./schema";
import type * as T from "./types";

type S = components["schemas"];
type Gone<Mine, Theirs> = Exclude<keyof Mine, keyof Theirs>;

type AllGone =
  | Gone<T.Me, S["Me"]> | Gone<T.Health, S["Health"]> | Gone<T.Machine, S["Machine"]> | Gone<T.MachineDetail, S["MachineDetail"]> | Gone<T.Interval, S["Interval"]>
  | Gone<T.Stop, S["Stop"]> | Gone<T.StopReason, S["EquipmentReason"]> | Gone<T.Loss, S["Loss"]> | Gone<T.Figure, S["Figure"]> | Gone<T.Evidence, S["Evidence"]> | Gone<T.Facts, S["Facts"]>
  | Gone<T.Definition, S["FigureDefinition"]> | Gone<T.Input, S["Input"]> | Gone<T.Series, S["Series"]> | Gone<T.Sample, S["Sample"]> | Gone<T.Tag, S["PlantTag"]>
  | Gone<T.WaveformPage, S["WaveformPage"]> | Gone<T.WaveformItem, S["WaveformItem"]> | Gone<T.Waveform, S["Waveform"]>
  | Gone<T.PlantNode, S["Node"]> | Gone<T.Calendar, S["PlantCalendar"]> | Gone<T.Product, S["PlantProduct"]> | Gone<T.DeviceStatus, S["ConnectDeviceStatus"]>
  | Gone<T.DeviceHealth, S["ConnectDeviceHealth"]> | Gone<T.Frames, S["Frames"]> | Gone<T.Frame, S["TapFrame"]> | Gone<T.DeviceValue, S["ConnectLatestValue"]> | Gone<T.Trial, S["ConnectTrialResult"]> | Gone<T.Certificate, S["ConnectPendingCertificate"]> | Gone<T.Profile, S["Profile"]> | Gone<T.ProfileDetail, S["ProfileDetail"]> | Gone<T.ProfilePoint, S["ProfilePoint"]> | Gone<T.ProfileParam, S["ProfileParam"]>
  | Gone<T.User, S["AccessUser"]> | Gone<T.Guest, S["AccessGuest"]> | Gone<T.Admitted, S["AccessAdmitted"]> | Gone<T.Held, S["AccessHeld"]> | Gone<T.Grant, S["AccessGrant"]> | Gone<T.RoleDef, S["AccessRoleDef"]> | Gone<T.Holder, S["AccessHolder"]> | Gone<T.Token, S["AccessToken"]> | Gone<T.AuditEntry, S["AccessEntry"]> | Gone<T.Verified, S["Verified"]> | Gone<T.Imported, S["Imported"]>
  | Gone<T.Candidate, S["DiscoveryCandidate"]> | Gone<T.Search, S["DiscoverySearch"]> | Gone<T.DiscoveryRule, S["DiscoveryRule"]> | Gone<T.DriverInfo, S["DriverInfo"]>
  | Gone<T.Setting, S["FactSetting"]> | Gone<T.SetPoint, S["SetPoint"]> | Gone<T.Command, S["Command"]> | Gone<T.CommandStep, S["CommandStep"]> | Gone<T.CommandCheck, S["FactCommandCheck"]>
  | Gone<T.AcceptanceJob, S["AcceptanceJob"]> | Gone<T.AcceptanceHead, S["AcceptanceHead"]> | Gone<T.AcceptanceMachine, S["AcceptanceMachine"]> | Gone<T.AcceptanceTag, S["AcceptanceTag"]>
  | Gone<T.AcceptanceCriteria, S["AcceptanceCriteria"]> | Gone<T.AcceptanceReport, S["AcceptanceReport"]> | Gone<T.AcceptanceReport["content"], S["AcceptanceContent"]>
  | Gone<T.NorthRow, S["NorthRow"]> | Gone<T.NorthStatus, S["NorthStatus"]> | Gone<T.NorthGap, S["NorthGap"]>
  | Gone<T.CellProblem, S["BulkProblem"]> | Exclude<S["BulkProblem"]["code"], T.CellCode> | Exclude<T.CellCode, S["BulkProblem"]["code"]>
  | Gone<T.Disk, S["Disk"]> | Gone<T.Pressure, S["Pressure"]> | Gone<T.Busy, S["Busy"]>;

const nothingGone: [AllGone] extends [never] ? true : AllGone = true;

test("every field that the pages read is in the API's description", () => expect(nothingGone).toBe(true));
