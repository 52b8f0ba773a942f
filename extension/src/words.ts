/** How a view says something: in the page's language, with what stands for %1, %2 and so on. */
export interface Words {
  __(text: string, ...values: unknown[]): string;
}
