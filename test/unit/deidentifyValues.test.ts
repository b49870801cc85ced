/** Pseudonyms, UIDs, shifted dates and cleaned words. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cleanDescriptor } from '../../native/dicom/deidentify/descriptors.ts';
import { Deidentifier } from '../../native/dicom/deidentify/identity.ts';
import {
  checkedAge,
  checkedMeasure,
  checkedSex,
  checkedTimes,
  shiftDates,
  shiftDateTimes,
} from '../../native/dicom/deidentify/values.ts';
import { roiKind } from '../../native/dicom/roiNames.ts';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const context = new Deidentifier(secret);

describe('a library’s mapping', () => {
  it('gives the same patient the same pseudonym, and others another', () => {
    const name = context.pseudonym({ patientId: 'A1' });
    expect(name).toMatch(/^P-[0-9A-HJKMNP-TV-Z]{10}$/);
    expect(new Deidentifier(secret).pseudonym({ patientId: ' A1 ', studyUid: '1.2' })).toBe(name);
    expect(context.pseudonym({ patientId: 'A2' })).not.toBe(name);
    expect(context.pseudonym({ patientId: 'A1', issuer: 'X' })).not.toBe(name);
    expect(new Deidentifier(Buffer.alloc(32)).pseudonym({ patientId: 'A1' })).not.toBe(name);
  });

  it('takes the study for the patient where there is no Patient ID', () => {
    const name = context.pseudonym({ patientId: '', studyUid: '1.2.3' });
    expect(context.pseudonym({ patientId: ' ', issuer: 'X', studyUid: '1.2.3' })).toBe(name);
    expect(context.pseudonym({ patientId: '', studyUid: '1.2.4' })).not.toBe(name);
    expect(context.pseudonym({ patientId: '1.2.3' })).not.toBe(name);
    expect(context.pseudonym({ patientId: '' })).toBe('');
  });

  it('makes UIDs of 128 bits of an HMAC', () => {
    const digest = createHmac('sha256', secret).update('uid\0').update('1.2.3').digest('hex');
    expect(context.uid('1.2.3')).toBe(`2.25.${BigInt(`0x${digest.slice(0, 32)}`)}`);
    expect(context.uid('')).toBe('');
  });

  it('leaves the UIDs that DICOM has registered, but not numbers hidden among them', () => {
    expect(context.uid('1.2.840.10008.5.1.4.1.1.2')).toBe('1.2.840.10008.5.1.4.1.1.2');
    expect(context.uid('1.2.840.10008.1234567.1')).toMatch(/^2\.25\./);
    expect(context.uid('1.2.840.100081.1')).toMatch(/^2\.25\./);
  });

  it('shifts by one to ten years, per patient', () => {
    const days = Array.from({ length: 2000 }, (_, n) => context.shiftDays({ patientId: `p${n}` }));
    expect(Math.min(...days)).toBeGreaterThanOrEqual(-3650);
    expect(Math.max(...days)).toBeLessThanOrEqual(-365);
    expect(new Set(days).size).toBeGreaterThan(1000);
    expect(context.shiftDays({ patientId: 'p1' })).toBe(context.shiftDays({ patientId: 'p1' }));
  });

  it('wants a whole secret', () => {
    expect(() => new Deidentifier(new Uint8Array(31))).toThrow('secret');
  });
});

describe('shifted dates', () => {
  it.each([
    ['20240301', -1, '20240229'],
    ['20240301', -366, '20230301'],
    ['20230301', -365, '20220301'],
    ['2024.03.01', -1, '20240229'],
    ['20240101\\20240102', -1, '20231231\\20240101'],
  ])('%s and %i days', (date, days, expected) => {
    expect(shiftDates(date, days)).toBe(expected);
  });

  it.each(['', '20240230', '00000000', '2024', 'CANARY', '20240101-20240201', '20240101\\Meier'])(
    'are none of %j',
    (date) => {
      expect(shiftDates(date, -365)).toBeUndefined();
    },
  );

  it('keep time and offset', () => {
    expect(shiftDateTimes('20240301123456.123456+0100', -1)).toBe('20240229123456.123456+0100');
    expect(shiftDateTimes('20240301', -1)).toBe('20240229');
    for (const bad of ['2024', '202403', '20240301 Meier', '20240301123456.1234567']) {
      expect(shiftDateTimes(bad, -1)).toBeUndefined();
    }
  });

  it('leave times that are times', () => {
    expect(checkedTimes('235959.999999')).toBe('235959.999999');
    expect(checkedTimes('07')).toBe('07');
    for (const bad of ['', '2500', '12:34x', 'Meier']) expect(checkedTimes(bad)).toBeUndefined();
  });
});

it('keeps ages, sexes and measures only where they are such', () => {
  expect(checkedAge('089Y')).toBe('089Y');
  expect(checkedAge('090Y')).toBe('090Y');
  expect(checkedAge('103Y')).toBe('090Y');
  expect(checkedAge('006M')).toBe('006M');
  expect(checkedAge('45')).toBeUndefined();
  expect(checkedSex('F')).toBe('F');
  expect(checkedSex('Meier')).toBeUndefined();
  expect(checkedMeasure('1.82')).toBe('1.82');
  expect(checkedMeasure('4915112345678')).toBeUndefined();
});

describe('cleaned words', () => {
  it.each([
    ['GTV-1', 'GTV-1'],
    ['GTV_Mass_CT', 'GTV_Mass_CT'],
    ['Lung_L', 'Lung_L'],
    ['Lungs-GTV', 'Lungs-GTV'],
    ['MeierGTV2', 'GTV2'],
    ['Tumor Müller 12.03.1955', 'Tumor'],
    ['Tumor 12.03.1955', 'Tumor'],
    ['Tumor Müller 12', 'Tumor'],
    ['CT Thorax Dr. Huber', 'CT Thorax'],
    ['1234567 liver', 'liver'],
    ['Huber^Anna', ''],
    ['', ''],
  ])('%s → %s', (text, expected) => {
    expect(cleanDescriptor(text)).toBe(expected);
  });

  it('say the same about an ROI as the whole name', () => {
    for (const name of [
      'GTV-1',
      'Lungs-GTV',
      'Lung-Right',
      'gtvp',
      'SpinalCord',
      'Tumor_1',
      'PTV60',
      'Body',
    ]) {
      expect(roiKind(cleanDescriptor(name)), name).toBe(roiKind(name));
    }
  });

  it('stay short', () => {
    expect(cleanDescriptor('liver '.repeat(100)).length).toBeLessThanOrEqual(64);
  });
});
