/** Who can sign in locally, at whichever identity provider stands in. */

/**
 * @typedef {object} Person
 * @property {string} email
 * @property {string} firstName
 * @property {string} lastName
 * @property {boolean} [admin] whether their role has the permission of administrators
 */

/** @type {Person[]} */
export const PEOPLE = [
  { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' },
  { email: 'grace@example.com', firstName: 'Grace', lastName: 'Hopper', admin: true },
  { email: 'alan@example.com', firstName: 'Alan', lastName: 'Turing' },
];
